# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of ``site_scons/matrix.json``: the pairs of a Python and a crash that are released.

``./sconsw matrix``, ``./sconsw test-matrix``, ``row=`` and the environments in tox.ini use them. A row names a release
(``3.13.5``) or a series (``3.13``, ``9``). A series means its newest release in ``sources.json``. A pinned release that
no row means, such as an older patch release, gets a row of its own, so that each one is still built and tested.
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
from mpykbuild.fetch.sources import Source, Sources, load_sources
from mpykbuild.plan.options import OPTIONS

TABLE = SITE_SCONS / "matrix.json"
# A name is also the name of a folder and of an environment of tox, which splits it at the dashes. A word at the end
# describes the further options of the row.
ROW_NAME = matches(r"cp3\d+(\.\d+)?-crash\d+(-\d+)*(-[a-z][a-z0-9]*)?", "of the form cp3N-crashN or cp3N-crashN-word")
PAIR = ("python", "crash")
EXTRA_OPTIONS = tuple(sorted(option.name for option in OPTIONS if option.in_rows and option.name not in PAIR))
_ROW: Schema = {
    "name": (True, ROW_NAME),
    **dict.fromkeys(PAIR, (True, TEXT)),
    **dict.fromkeys(EXTRA_OPTIONS, (False, TEXT)),
    "always": (False, boolean),
}
# tox_section() makes the part of tox.ini between these lines.
TOX_MARKS = ("# Generated from site_scons/matrix.json; a test compares the two:", "# End of the generated part.")
PASSED_BY_TOX = ("HOME", "MPYKDUMP_CACHE", "XDG_CACHE_HOME", "CCACHE_*", "SCCACHE_*", "DISTCC_*")


@dataclass(frozen=True)
class Row:
    """One artefact of the matrix. ``python`` and ``crash`` are the values of the options with these names.

    ``extra_options`` are names and values of further options, such as ``sysroot``. If ``always`` is set, ``./sconsw
    test`` builds and tests the row when the command line names no crash and no Python.
    """

    name: str
    python: str
    crash: str
    extra_options: tuple[tuple[str, str], ...] = ()
    always: bool = False

    @property
    def values(self) -> dict[str, str]:
        """The options that the row sets, name to value."""
        return {"crash": self.crash, "python": self.python, **dict(self.extra_options)}


def load_rows() -> tuple[Row, ...]:
    """Return the rows of the table, and those of the pinned releases that no row of the table means."""
    rows, pinned = rows_of_table(), load_sources()
    return (*rows, *(_row_of_release(source, pinned) for source in releases_without_row(rows, pinned)))


def rows_of_table(path: Path = TABLE) -> tuple[Row, ...]:
    """Return the rows of the file. Raises BuildError that lists all mistakes in it."""
    return tuple(_row(row) for row in read_json(path, _mistakes)["rows"])


def releases_without_row(rows: Sequence[Row], pinned: Sources) -> list[Source]:
    """Return the pinned releases of Python and crash that no row means."""
    meant = {pinned.python(row.python) for row in rows if ":" not in row.python}
    meant |= {pinned.crash(version) for row in rows for version in row.crash.split(",")}
    return [source for source in pinned.rows if source.name in PAIR and source not in meant]


def _row_of_release(source: Source, pinned: Sources) -> Row:
    """Return the row of one release with the default release of the other program: ``cp313.5-crash9``."""
    python, crash = pinned.python(), pinned.crash()
    if source.name == "python":
        major, minor, patch = source.version.split(".", 2)
        return Row(f"cp{major}{minor}.{patch}-crash{crash.version.split('.')[0]}", source.version, crash.version)
    return Row(f"cp{python.minor.replace('.', '')}-crash{source.version}", python.version, source.version)


def always_tested(rows: Sequence[Row]) -> list[Row]:
    """Return the rows that ``./sconsw test`` always builds. The first one becomes ``build/mpykdump.so``."""
    return [row for row in rows if row.always]


def _row(row: Mapping[str, str]) -> Row:
    extra = tuple((key, row[key]) for key in EXTRA_OPTIONS if key in row)
    return Row(row["name"], row["python"], row["crash"], extra, bool(row.get("always")))


def _options_text(row: Mapping[str, str]) -> str:
    """Return the options of a row as text. Rows with the same text build the same artefact."""
    extra = "".join(f" with {key}={row[key]}" for key in EXTRA_OPTIONS if key in row)
    return f"{row['python']} in {row['crash']}{extra}"


def _mistakes(data: object) -> Iterator[str]:
    found = list(object_mistakes("top level", data, {"rows": (True, filled_list)}))
    rows = data.get("rows") if isinstance(data, dict) else None
    for place, row in entries("", "rows", rows):
        found += object_mistakes(place, row, _ROW)
    yield from found
    if not found and isinstance(rows, list):
        yield from (f"two rows have the name {name}" for name in repeated(row["name"] for row in rows))
        yield from (f"two rows have the options {text}" for text in repeated(map(_options_text, rows)))


def chosen_rows(names: str, rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return the rows with ``names``, the value of ``row=A,B``; all rows when it is empty.

    Raises BuildError for a name without a row.
    """
    if not names:
        return tuple(rows)
    known = {row.name: row for row in rows}
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in known]
    if unknown or not wanted:
        what = f"there is no row {', '.join(unknown)}" if unknown else "it names no row"
        raise BuildError(f"row={names}: {what}.", f"the rows are {', '.join(known)}.")
    return tuple(known[name] for name in wanted)


def values_with_row(values: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return ``values`` with the options of the row that ``row=NAME`` names. ``given`` is the command line as written.

    Raises BuildError when there is no such row, when several are named, or when the command line has an option of the
    row too.
    """
    if not values["row"]:
        return dict(values)
    rows = chosen_rows(values["row"], load_rows())
    doubled = [f"{name}=" for name in rows[0].values if name in given]
    if doubled or len(rows) != 1:
        what = f"{' and '.join(doubled)} is given too" if doubled else "it names several rows"
        next_step = "give either row= or the options that the row sets." if doubled else "name one row."
        raise BuildError(f"row={values['row']}: {what}.", next_step)
    return {**values, **rows[0].values}


def tox_section(rows: Sequence[Row]) -> str:
    """Return the part of tox.ini between TOX_MARKS."""
    lines = [
        "[testenv:{" + ",".join(row.name for row in rows) + "}]",
        "deps =",
        "allowlist_externals = {tox_root}/sconsw",
        "pass_env =",
        *(f"    {name}" for name in PASSED_BY_TOX),
        "commands = {tox_root}/sconsw test row={env_name} {posargs}",
    ]
    return "\n".join(lines) + "\n"
