# SPDX-License-Identifier: GPL-3.0-or-later
"""What the extension takes from crash and its gdb, as the rows of ``ext/crash/crash_symbols.json``.

From these come the weak declarations and the table at run time (``crash_symbols_generated.h``), what is weakened in a
bridge's object, and the report of ``./sconsw audit crash=``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mpykbuild.errors import BuildError
from mpykbuild.paths import PROJECT

TABLE = PROJECT / "ext" / "crash" / "crash_symbols.json"
KEYS = {"name", "label", "c_name", "gdb", "since", "fallback", "feature"}
REQUIRED_KEYS = {"name", "since", "feature"}
# Rooms for gdb majors in the C table, one of which ends the list.
MAX_MAJORS = 3


@dataclass(frozen=True)
class CrashSymbol:
    """One name. ``gdb`` are the majors whose bridge needs it; it is empty for a name of crash's own.

    ``since`` is the oldest crash release in which it was seen. Without a ``fallback`` the file does not load.
    """

    name: str
    since: str
    feature: str
    label: str = ""
    c_name: str = ""
    gdb: tuple[int, ...] = ()
    fallback: str = ""

    @property
    def shown(self) -> str:
        """The name for people: C++ names are not readable as the linker knows them."""
        return self.label or self.name

    @property
    def required(self) -> bool:
        return not self.fallback


def _problems(row: object) -> list[str]:
    if not isinstance(row, dict):
        return [f"{row!r} is not an object"]
    name = row.get("name", "a row without a name")
    found = [f"{name}: there is no key {key!r}" for key in sorted(row.keys() - KEYS)]
    found += [f"{name}: the key {key!r} is missing" for key in sorted(REQUIRED_KEYS - row.keys())]
    found += [
        f"{name}: {key} must be a text" for key in sorted(row.keys() - {"gdb"}) if not str(row[key] or "").strip()
    ]
    majors = row.get("gdb", [])
    if not isinstance(majors, list) or not all(isinstance(n, int) for n in majors) or len(majors) > MAX_MAJORS:
        found.append(f"{name}: gdb must be a list of at most {MAX_MAJORS} numbers")
    if not re.fullmatch(r"\d+(\.\d+)+", str(row.get("since", "0.0"))):
        found.append(f"{name}: since={row['since']!r} is not a version")
    if str(name).startswith("_Z") and "label" not in row:
        found.append(f"{name}: a C++ name needs a label that people can read")
    return found


def rows_of(data: Sequence[Mapping[str, Any]], where: str) -> tuple[CrashSymbol, ...]:
    """Return the rows of decoded JSON; BuildError lists all that is wrong with them."""
    problems = [problem for row in data for problem in _problems(row)]
    names = [row.get("name") for row in data]
    problems += [f"{name}: stands there twice" for name in sorted({str(n) for n in names if names.count(n) > 1})]
    if problems:
        raise BuildError(f"{where}: " + "; ".join(problems) + ".", "correct these rows.")
    return tuple(CrashSymbol(**{**row, "gdb": tuple(row.get("gdb", ()))}) for row in data)


def load(path: Path = TABLE) -> tuple[CrashSymbol, ...]:
    """Read the table; raise BuildError when it breaks its schema."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        rows = data["symbols"]
    except (ValueError, KeyError, TypeError) as error:
        raise BuildError(f"{path} is not the table of crash's symbols: {error}.", "correct it.") from error
    return rows_of(rows, str(path))


def of_gdb(rows: Iterable[CrashSymbol], major: int) -> list[CrashSymbol]:
    """Return the rows of crash's own (``major`` 0) or those that the bridge for a gdb major needs."""
    return [row for row in rows if (major in row.gdb if major else not row.gdb)]


def in_bridges(rows: Iterable[CrashSymbol], majors: Iterable[int]) -> list[CrashSymbol]:
    """Return the rows of crash's own and those of the bridges for ``majors``."""
    wanted = set(majors)
    return [row for row in rows if not row.gdb or set(row.gdb) & wanted]


def as_json(row: CrashSymbol) -> dict[str, Any]:
    """Return a row as it stands in the table: what is empty is left out."""
    return {key: list(value) if key == "gdb" else value for key, value in asdict(row).items() if value}


def _quoted(text: str) -> str:
    return json.dumps(text) if text else "0"


def header(rows: Sequence[CrashSymbol]) -> str:
    """Return the text of ``crash_symbols_generated.h``."""
    lines = [
        "/* Generated from ext/crash/crash_symbols.json; do not edit. */",
        "#ifndef MPYK_CRASH_SYMBOLS_GENERATED_H",
        "#define MPYK_CRASH_SYMBOLS_GENERATED_H",
        "",
        "/* X(number, name for the linker, name for people, gdb majors, since, fallback, feature) */",
        "#define MPYK_NUMBERS(...) {__VA_ARGS__}",
        "#define MPYK_CRASH_SYMBOLS(X) \\",
    ]
    for number, row in enumerate(rows):
        majors = ", ".join(str(major) for major in (*row.gdb, 0))
        texts = ", ".join(_quoted(text) for text in (row.since, row.fallback, row.feature))
        lines.append(f'    X({number}, "{row.name}", "{row.shown}", MPYK_NUMBERS({majors}), {texts}) \\')
    lines += ["", *(f"#pragma weak {row.c_name or row.name}" for row in of_gdb(rows, 0)), "", "#endif"]
    return "\n".join(lines) + "\n"


def listed(words: Sequence[object]) -> str:
    """Return ``8.0.6 and 9.0.2`` for two words, ``a, b and c`` for three."""
    *first, last = [str(word) for word in words]
    return f"{', '.join(first)} and {last}" if first else last


def built_for_header(crashes: Sequence[str], majors: Sequence[int]) -> str:
    """Return the text of ``built_for_generated.h``: for which releases of crash and majors of gdb a file is."""
    return (
        "/* Generated from crash=; do not edit. */\n"
        "#ifndef MPYK_BUILT_FOR_GENERATED_H\n#define MPYK_BUILT_FOR_GENERATED_H\n\n"
        f'#define MPYK_BUILT_FOR_CRASH "{listed(crashes)}"\n'
        f"#define MPYK_BUILT_FOR_RELEASES {', '.join(_quoted(crash) for crash in crashes)}\n"
        f'#define MPYK_BUILT_FOR_GDB_TEXT "{listed(majors)}"\n'
        f"#define MPYK_BUILT_FOR_GDB(X) {' '.join(f'X({major})' for major in majors)}\n\n#endif\n"
    )
