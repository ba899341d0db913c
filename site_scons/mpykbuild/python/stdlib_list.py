# SPDX-License-Identifier: GPL-3.0-or-later
"""``stdlib.lst``: the stdlib files in the bundle, those left out, and the imports that may fail at run time.

::

    abc codecs io                   modules and whole packages
    encodings: aliases utf_8        a package: only its __init__ and these submodules (a.b for a deeper one)
    [omitted]
    asyncio: there is no event loop inside crash
    [absent]
    _ssl: imported by hashlib, which does without it
    _new?: imported by some patch releases of this minor release only
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mpykbuild.base.errors import BuildError

SECTIONS = ("omitted", "absent")
UNWANTED_FOLDERS = frozenset({"__pycache__", "test", "tests", "idle_test"})


@dataclass(frozen=True)
class StdlibList:
    """The parsed file.

    ``whole`` are modules and whole packages. ``parts`` maps a package to its listed submodules. ``omitted`` and
    ``absent`` map a name to the reason. ``sometimes_imported`` are the absent names (those with a question mark) that
    only some patch releases import.
    """

    whole: frozenset[str]
    parts: Mapping[str, tuple[str, ...]]
    omitted: Mapping[str, str] = field(default_factory=dict)
    absent: Mapping[str, str] = field(default_factory=dict)
    sometimes_imported: frozenset[str] = frozenset()

    def top_level(self) -> frozenset[str]:
        """Return the modules and packages that are listed."""
        return self.whole | self.parts.keys()

    def mentioned(self) -> frozenset[str]:
        """Return the modules and packages that are listed or omitted. Upstream should have no others."""
        return self.top_level() | self.omitted.keys()

    def resolve(self, lib: Path) -> tuple[list[Path], list[str]]:
        """Return the listed files, relative to ``lib`` and sorted, and the listed names that have no file there."""
        files: set[Path] = set()
        missing: list[str] = []
        wanted = [(name, _files_of(lib, name)) for name in sorted(self.whole)]
        for package, submodules in sorted(self.parts.items()):
            wanted.append((package, _init_of(lib, package)))
            wanted += [(f"{package}.{name}", _own_file(lib, f"{package}.{name}")) for name in submodules]
        for name, found in wanted:
            files.update(found)
            if not found:
                missing.append(name)
        return sorted(files), missing


def _init_of(lib: Path, package: str) -> list[Path]:
    path = Path(*package.split("."), "__init__.py")
    return [path] if (lib / path).is_file() else []


def _own_file(lib: Path, name: str) -> list[Path]:
    """Return a list with the file of a module or the ``__init__.py`` of a package; empty if there is none."""
    path = Path(*name.split(".")).with_suffix(".py")
    return [path] if (lib / path).is_file() else _init_of(lib, name)


def _files_of(lib: Path, name: str) -> list[Path]:
    """Return the file of a module or all the files of a package."""
    if not (lib / name).is_dir():
        return _own_file(lib, name)
    found = (path.relative_to(lib) for path in (lib / name).rglob("*.py"))
    return [path for path in found if not UNWANTED_FOLDERS.intersection(path.parts[:-1])]


def read_stdlib_list(path: Path) -> StdlibList:
    """Parse ``stdlib.lst``. Raises BuildError with all the lines that cannot be understood."""
    whole: set[str] = set()
    parts: dict[str, tuple[str, ...]] = {}
    reasons: dict[str, dict[str, str]] = {name: {} for name in SECTIONS}
    problems: list[str] = []
    section = ""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        text = line.partition("#")[0].strip()
        names, colon, rest = (piece.strip() for piece in text.partition(":"))
        if text.startswith("["):
            section = text.strip("[]")
            if section not in SECTIONS:
                problems.append(f"line {number}: the section {text} is not one of {', '.join(SECTIONS)}")
                reasons[section] = {}
        elif section and text:
            if not rest:
                problems.append(f"line {number}: '{text}' lacks a reason after a colon")
            reasons[section].update(dict.fromkeys(names.split(), rest))
        elif colon:
            parts[names] = tuple(rest.split())
        else:
            whole.update(text.split())
    if problems:
        raise BuildError(f"{path} cannot be understood:\n  " + "\n  ".join(problems), "correct these lines")
    absent = {name.removesuffix("?"): reason for name, reason in reasons["absent"].items()}
    sometimes_imported = frozenset(name[:-1] for name in reasons["absent"] if name.endswith("?"))
    return StdlibList(frozenset(whole), parts, reasons["omitted"], absent, sometimes_imported)
