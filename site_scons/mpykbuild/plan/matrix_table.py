# SPDX-License-Identifier: GPL-3.0-or-later
"""The pairs of a Python and a crash that are released, as data: the rows of ``site_scons/matrix.json``.

``./sconsw matrix``, ``./sconsw test-matrix``, ``row=`` and the environments in tox.ini are made from them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import SITE_SCONS
from mpykbuild.plan import options

TABLE = SITE_SCONS / "matrix.json"
KEYS = frozenset({"name", "python", "crash"})
# A row may have other options of the build as well; these are not about what is built, but about one run.
NOT_IN_ROWS = frozenset({"row", "cache", "downloads", "launcher", "mpykdump", "prefix", "tests", "V"})
OPTIONAL = frozenset(option.name for option in options.OPTIONS) - NOT_IN_ROWS - KEYS
# tox splits names at the dashes, and it is a folder's name too. What makes a row special is a word at its end.
NAME = re.compile(r"cp3\d+(\.\d+)?-crash\d+(-\d+)*(-[a-z][a-z0-9]*)?")
# Where the part of tox.ini that is made from the rows begins and ends.
TOX_MARKS = ("# Made from site_scons/matrix.json (a test tells when it is not):", "# End of what is made.")


@dataclass(frozen=True)
class Row:
    """One artefact of the matrix; ``python`` and ``crash`` are values for the options of these names.

    ``others`` are names and values of further options, such as ``sysroot``.
    """

    name: str
    python: str
    crash: str
    extra_options: tuple[tuple[str, str], ...] = ()

    @property
    def values(self) -> dict[str, str]:
        """The options that the row stands for."""
        return {"crash": self.crash, "python": self.python, **dict(self.extra_options)}


def load_rows(path: Path = TABLE) -> tuple[Row, ...]:
    """Return all rows. Raises BuildError that lists everything that is wrong with the table."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))["rows"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BuildError(f"{path} cannot be read: {error!r}.", 'it is to hold {"rows": […]}') from error
    wrong = [f"row {number}: {told}" for number, row in enumerate(data, 1) for told in _wrong_with(row)]
    if not wrong:
        for key in ("name", "pair"):
            said = [row["name"] if key == "name" else _pair(row) for row in data]
            wrong += [f"the {key} {name} is there twice" for name in sorted({n for n in said if said.count(n) > 1})]
    if wrong:
        raise BuildError(f"{path}: {'; '.join(wrong)}.", "correct these rows.")
    return tuple(_row(row) for row in data)


def _row(row: Mapping[str, str]) -> Row:
    others = tuple(sorted((key, value) for key, value in row.items() if key in OPTIONAL))
    return Row(row["name"], row["python"], row["crash"], others)


def _pair(row: Mapping[str, str]) -> str:
    """Return what must not be there twice: all but the name."""
    others = "".join(f" with {key}={row[key]}" for key in sorted(OPTIONAL & row.keys()))
    return f"{row['python']} in {row['crash']}{others}"


def _wrong_with(row: object) -> list[str]:
    if not isinstance(row, dict) or not KEYS <= row.keys() <= KEYS | OPTIONAL:
        return [f"it must have {', '.join(sorted(KEYS))}, and may have {', '.join(sorted(OPTIONAL))}"]
    wrong = [f"{key} is not text" for key in sorted(row) if not isinstance(row[key], str) or not row[key]]
    if not wrong and not NAME.fullmatch(row["name"]):
        wrong.append(f"{row['name']!r} is not of the form cp3N-crashN or cp3N-crashN-word")
    return wrong


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

    Raises BuildError when the row is unknown, is not just one, or is contradicted.
    """
    if not values["row"]:
        return dict(values)
    rows = chosen_rows(values["row"], load_rows())
    beside = [name for name in rows[0].values if name in given]
    if beside or len(rows) != 1:
        what = f"{' and '.join(beside)}= stands beside row=" if beside else "it names several rows"
        raise BuildError(f"row={values['row']}: {what}.", "row= takes these from one row of the matrix.")
    return {**values, **rows[0].values}


def tox_section(rows: Sequence[Row]) -> str:
    """Return the part of tox.ini that stands between the marks."""
    names = [row.name for row in rows]
    lines = [
        "[testenv:{" + ",".join(names) + "}]",
        "deps =",
        "allowlist_externals = {tox_root}/sconsw",
        "pass_env =",
        *(f"    {name}" for name in ("HOME", "MPYKDUMP_CACHE", "XDG_CACHE_HOME", "CCACHE_*", "SCCACHE_*", "DISTCC_*")),
        "commands = {tox_root}/sconsw test row={env_name} {posargs}",
    ]
    return "\n".join(lines) + "\n"
