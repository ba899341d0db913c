# SPDX-License-Identifier: GPL-3.0-or-later
"""The pairs of a Python and a crash that are released, as data: the rows of ``site_scons/matrix.json``.

``./sconsw matrix``, ``./sconsw test-matrix``, ``row=`` and the environments in tox.ini are made from them. A row names
a release (``3.13.5``) or a series (``3.13``, ``9``), which stands for its newest release in ``sources.json``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import SITE_SCONS
from mpykbuild.base.schema import (
    TEXT,
    Schema,
    boolean,
    entries,
    filled_list,
    matches,
    object_mistakes,
    read_json,
    repeated,
)
from mpykbuild.plan.options import OPTIONS

TABLE = SITE_SCONS / "matrix.json"
# tox splits names at the dashes, and the name is a folder's too. A word at its end says what else is special.
NAME = matches(r"cp3\d+(\.\d+)?-crash\d+(-\d+)*(-[a-z][a-z0-9]*)?", "of the form cp3N-crashN or cp3N-crashN-word")
PAIR = ("python", "crash")
EXTRA = tuple(sorted(option.name for option in OPTIONS if option.in_rows and option.name not in PAIR))
_ROW: Schema = {
    "name": (True, NAME),
    **dict.fromkeys(PAIR, (True, TEXT)),
    **dict.fromkeys(EXTRA, (False, TEXT)),
    "always": (False, boolean),
}
# The part of tox.ini between these lines is made from the rows.
TOX_MARKS = ("# Made from site_scons/matrix.json, and compared with it by a test:", "# End of what is made.")
PASSED_BY_TOX = ("HOME", "MPYKDUMP_CACHE", "XDG_CACHE_HOME", "CCACHE_*", "SCCACHE_*", "DISTCC_*")


@dataclass(frozen=True)
class Row:
    """One artefact of the matrix; ``python`` and ``crash`` are values for the options of these names.

    ``extra_options`` are names and values of further options, such as ``sysroot``. ``always`` says that
    ``./sconsw test`` builds and tests the row whenever no crash and no Python is asked for.
    """

    name: str
    python: str
    crash: str
    extra_options: tuple[tuple[str, str], ...] = ()
    always: bool = False

    @property
    def values(self) -> dict[str, str]:
        """The options that the row stands for."""
        return {"crash": self.crash, "python": self.python, **dict(self.extra_options)}


def load_rows(path: Path = TABLE) -> tuple[Row, ...]:
    """Return all rows. Raises BuildError that lists everything that is wrong with the table."""
    return tuple(_row(row) for row in read_json(path, _mistakes)["rows"])


def always_tested(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that ``./sconsw test`` always builds; ``build/mpykdump.so`` is the first one's."""
    return [row for row in rows if row.always]


def _row(row: Mapping[str, str]) -> Row:
    extra = tuple((key, row[key]) for key in EXTRA if key in row)
    return Row(row["name"], row["python"], row["crash"], extra, bool(row.get("always")))


def _pair(row: Mapping[str, str]) -> str:
    """Return everything but the name as a text, for the search for rows that build the same."""
    extra = "".join(f" with {key}={row[key]}" for key in EXTRA if key in row)
    return f"{row['python']} in {row['crash']}{extra}"


def _mistakes(data: object) -> Iterator[str]:
    found = list(object_mistakes("top level", data, {"rows": (True, filled_list)}))
    rows = data.get("rows") if isinstance(data, dict) else None
    for place, row in entries("", "rows", rows):
        found += object_mistakes(place, row, _ROW)
    yield from found
    if not found and isinstance(rows, list):
        yield from (f"the name {name} is there twice" for name in repeated(row["name"] for row in rows))
        yield from (f"the pair {pair} is there twice" for pair in repeated(map(_pair, rows)))


def chosen_rows(names: str, rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return the rows that ``row=A,B`` names; all when it is empty. Raises BuildError for a name without a row."""
    if not names:
        return tuple(rows)
    known = {row.name: row for row in rows}
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise BuildError(f"row={names}: there is no row {', '.join(unknown)}.", f"the rows are {', '.join(known)}.")
    return tuple(known[name] for name in wanted)


def values_with_row(values: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return ``values`` with what ``row=NAME`` stands for; ``given`` are those of the command line.

    Raises BuildError when the row is unknown, when there are several, or when another option contradicts it.
    """
    if not values["row"]:
        return dict(values)
    rows = chosen_rows(values["row"], load_rows())
    doubled = [name for name in rows[0].values if name in given]
    if doubled or len(rows) != 1:
        what = f"{' and '.join(doubled)}= is given too" if doubled else "it names several rows"
        raise BuildError(f"row={values['row']}: {what}.", "row= takes these values from one row of the matrix.")
    return {**values, **rows[0].values}


def tox_section(rows: Sequence[Row]) -> str:
    """Return the part of tox.ini between the marks."""
    lines = [
        "[testenv:{" + ",".join(row.name for row in rows) + "}]",
        "deps =",
        "allowlist_externals = {tox_root}/sconsw",
        "pass_env =",
        *(f"    {name}" for name in PASSED_BY_TOX),
        "commands = {tox_root}/sconsw test row={env_name} {posargs}",
    ]
    return "\n".join(lines) + "\n"
