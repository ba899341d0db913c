# SPDX-License-Identifier: GPL-3.0-or-later
"""The symbols that the extension takes from crash and its gdb: the rows of ``ext/crash/crash_symbols.json``.

They are used three times. ``crash_symbols_generated.h`` has the weak declarations and the table for the run time. The
symbols from gdb become weak in the object of a bridge. ``./sconsw audit crash=`` reports which symbols a crash has.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mpykbuild.base.paths import PROJECT
from mpykbuild.base.schema import TEXT, Schema, entries, filled_list, matches, object_mistakes, read_json, repeated

TABLE = PROJECT / "ext" / "crash" / "crash_symbols.json"
# 10 means only gdb 10, 10-16 those from 10 to 16, and 10+ gdb 10 and all later ones. So a new major gets the rows of
# the one before, until a row says that it ends there.
MAJORS = r"\d+(\+|-\d+)?"
_ROW: Schema = {
    "name": (True, TEXT),
    "label": (False, TEXT),
    "c_name": (False, TEXT),
    "gdb": (
        False,
        matches(MAJORS, "a major of gdb such as 10, a range such as 10-16, or 10+ for 10 and all later ones"),
    ),
    "since": (True, matches(r"\d+(\.\d+)+", "a version")),
    "fallback": (False, TEXT),
    "feature": (True, TEXT),
}


@dataclass(frozen=True)
class CrashSymbol:
    """One symbol.

    ``gdb`` says for which majors the bridges need it, in the form of ``MAJORS``. It is empty for a symbol of crash
    itself. ``since`` is the oldest crash release in which it was seen. If crash lacks a symbol without a ``fallback``,
    the file does not load.
    """

    name: str
    since: str
    feature: str
    label: str = ""
    c_name: str = ""
    gdb: str = ""
    fallback: str = ""

    @property
    def shown(self) -> str:
        """The name in messages. The linker's names of C++ functions are not readable."""
        return self.label or self.name

    def is_for(self, major: int) -> bool:
        """Return whether the bridge for a gdb major needs the name."""
        if not self.gdb:
            return False
        first, _, last = self.gdb.rstrip("+").partition("-")
        return int(first) <= major and (self.gdb.endswith("+") or major <= int(last or first))

    @property
    def required(self) -> bool:
        """Whether the file cannot load without the symbol."""
        return not self.fallback


def _mistakes(data: object) -> Iterator[str]:
    yield from object_mistakes("top level", data, {"about": (False, filled_list), "symbols": (True, filled_list)})
    listed = data.get("symbols") if isinstance(data, dict) else None
    for place, row in entries("", "symbols", listed):
        yield from object_mistakes(place, row, _ROW)
    rows = [row for _, row in entries("", "symbols", listed) if isinstance(row, dict)]
    yield from (f"symbols: {name} is there twice" for name in repeated(str(row.get("name")) for row in rows))
    for row in rows:
        if str(row.get("name")).startswith("_Z") and "label" not in row:
            yield f"symbols: {row['name']}: a C++ name needs a label that people can read"


def load_symbols(path: Path = TABLE) -> tuple[CrashSymbol, ...]:
    """Read the table. Raises BuildError if it does not fit its schema."""
    return tuple(CrashSymbol(**row) for row in read_json(path, _mistakes)["symbols"])


def symbols_for_gdb(rows: Iterable[CrashSymbol], major: int) -> list[CrashSymbol]:
    """Return the rows that the bridge for a gdb major needs; for ``major`` 0 those of crash itself."""
    return [row for row in rows if (row.is_for(major) if major else not row.gdb)]


def symbols_for_bridges(rows: Iterable[CrashSymbol], majors: Iterable[int]) -> list[CrashSymbol]:
    """Return the rows of crash itself, and those that the bridges for ``majors`` need."""
    wanted = list(majors)
    return [row for row in rows if not row.gdb or any(row.is_for(major) for major in wanted)]


def as_json(row: CrashSymbol) -> dict[str, Any]:
    """Return a row in the form of the table, without the empty fields."""
    return {key: value for key, value in asdict(row).items() if value}


def _quoted(text: str) -> str:
    """Return ``text`` as a C string; a null pointer (0) if it is empty."""
    return json.dumps(text) if text else "0"


def symbols_header(rows: Sequence[CrashSymbol], bridged: Iterable[int]) -> str:
    """Return the text of ``crash_symbols_generated.h`` for a file with bridges for the gdb majors ``bridged``."""
    known = list(bridged)
    lines = [
        "/* Generated from ext/crash/crash_symbols.json; do not edit. */",
        "#ifndef MPYK_CRASH_SYMBOLS_GENERATED_H",
        "#define MPYK_CRASH_SYMBOLS_GENERATED_H",
        "",
        "/* X(number, name for the linker, name for people, gdb majors, since, fallback, feature) */",
        "#define MPYK_NUMBERS(...) {__VA_ARGS__}",
        f"#define MPYK_BRIDGES {len(known)}",
        "#define MPYK_CRASH_SYMBOLS(X) \\",
    ]
    for number, row in enumerate(rows):
        majors = ", ".join(str(major) for major in (*(one for one in known if row.is_for(one)), 0))
        texts = ", ".join(_quoted(text) for text in (row.since, row.fallback, row.feature))
        lines.append(f'    X({number}, "{row.name}", "{row.shown}", MPYK_NUMBERS({majors}), {texts}) \\')
    lines += ["", *(f"#pragma weak {row.c_name or row.name}" for row in symbols_for_gdb(rows, 0)), "", "#endif"]
    return "\n".join(lines) + "\n"


def join_words(words: Sequence[object]) -> str:
    """Return ``8.0.6 and 9.0.2`` for two words, ``a, b and c`` for three."""
    *first, last = [str(word) for word in words]
    return f"{', '.join(first)} and {last}" if first else last


def built_for_header(crashes: Sequence[str], majors: Sequence[int]) -> str:
    """Return the text of ``built_for_generated.h``. It says for which crashes and gdb majors a file is built."""
    return (
        "/* Generated from crash=; do not edit. */\n"
        "#ifndef MPYK_BUILT_FOR_GENERATED_H\n#define MPYK_BUILT_FOR_GENERATED_H\n\n"
        f'#define MPYK_BUILT_FOR_CRASH "{join_words(crashes)}"\n'
        f"#define MPYK_BUILT_FOR_RELEASES {', '.join(_quoted(crash) for crash in crashes)}\n"
        f'#define MPYK_BUILT_FOR_GDB_TEXT "{join_words(majors)}"\n'
        f"#define MPYK_BUILT_FOR_GDB(X) {' '.join(f'X({major})' for major in majors)}\n\n#endif\n"
    )
