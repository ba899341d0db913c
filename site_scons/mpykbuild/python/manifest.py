# SPDX-License-Identifier: GPL-3.0-or-later
"""What we take of a CPython release: ``stdlib_manifests/3.N/{Setup.local,stdlib.lst,builtin.lst}``.

The three files are checked against the release's own files, both directions, so that a new release which adds, drops
or renames a module is noticed at once, with all the differences in one message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.python.inside import imports
from mpykbuild.python.stdlib_list import UNWANTED_FOLDERS, StdlibList, read_stdlib_list

SETUP, STDLIB, BUILTIN = "Setup.local", "stdlib.lst", "builtin.lst"
# This file exists while no source of the release was built with the manifest; it says what the manifest is based on.
UNVERIFIED = "unverified"
UPSTREAM_SETUPS = ("Setup", "Setup.stdlib.in", "Setup.bootstrap.in")

# A row of upstream's Setup files, also one that is commented out or switched by configure:
# "array arraymodule.c", "#array arraymodule.c", "@MODULE_ARRAY_TRUE@array arraymodule.c".
_UPSTREAM_ROW = re.compile(r"#?(?:@MODULE_\w+_TRUE@)?([A-Za-z_]\w*)\s+.*\.c\b")
# Before 3.11 not all modules stand in a Setup file: "Extension('_queue', ['_queuemodule.c'])" in setup.py.
_SETUP_PY_ROW = re.compile(r"""\bExtension\(\s*['"](\w+)['"]""")
_CONFIG_ROW = re.compile(r'\s*\{"(\w+)",')
_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Manifest:
    """The three files of one minor release, parsed."""

    folder: Path
    disabled: frozenset[str]
    configured: frozenset[str]
    stdlib: StdlibList
    builtin: frozenset[str]

    @property
    def setup_file(self) -> Path:
        return self.folder / SETUP


def known_minors(manifests: Path) -> list[str]:
    """Return the minor releases ("3.13") that have a manifest, in order of age."""
    found = [path.parent.name for path in manifests.glob(f"3.*/{SETUP}")]
    return sorted(found, key=lambda minor: int(minor.partition(".")[2]))


def why_unverified(folder: Path) -> str:
    """Return what an unverified manifest rests on; empty when it is verified."""
    path = folder / UNVERIFIED
    return path.read_text().strip() if path.is_file() else ""


def minor_of(version: str) -> str:
    """Return "3.13" for "3.13.15"."""
    return ".".join(version.split(".")[:2])


def load_manifest(manifests: Path, minor: str) -> Manifest:
    """Read the manifest of ``minor``. Raises BuildError if it is missing or cannot be understood."""
    folder = manifests / minor
    missing = [name for name in (SETUP, STDLIB, BUILTIN) if not (folder / name).is_file()]
    if missing:
        known = ", ".join(known_minors(manifests)) or "none"
        raise BuildError(
            f"Python {minor} is not known here: {folder} has no {' and no '.join(missing)}.",
            f"choose one of the known releases ({known}) or add the manifest as CONTRIBUTING tells",
        )
    disabled, configured = parse_setup_local(folder / SETUP)
    return Manifest(
        folder=folder,
        disabled=disabled,
        configured=configured,
        stdlib=read_stdlib_list(folder / STDLIB),
        builtin=frozenset(read_words(folder / BUILTIN)),
    )


def read_words(path: Path) -> list[str]:
    """Return the words of a file with ``#`` comments."""
    return [word for line in path.read_text().splitlines() for word in line.partition("#")[0].split()]


def parse_setup_local(path: Path) -> tuple[frozenset[str], frozenset[str]]:
    """Return the modules that our Setup.local disables and those that it configures itself (makesetup's rules)."""
    disabled: set[str] = set()
    configured: set[str] = set()
    target = configured
    for line in path.read_text().replace("\\\n", " ").splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("*"):
            target = disabled if text == "*disabled*" else configured
        elif "=" not in text:
            target.update(word for word in text.split() if _NAME.fullmatch(word))
    return frozenset(disabled), frozenset(configured)


def upstream_modules(source: Path) -> frozenset[str]:
    """Return the extension modules that the Setup files of a CPython source tree name (before 3.11: its setup.py)."""
    names: set[str] = set()
    for setup in UPSTREAM_SETUPS:
        path = source / "Modules" / setup
        if path.is_file():
            rows = (_UPSTREAM_ROW.match(line) for line in path.read_text().splitlines())
            names.update(row.group(1) for row in rows if row)
    program = source / "setup.py"
    if program.is_file() and not (source / "Modules" / "Setup.stdlib.in").is_file():
        names.update(_SETUP_PY_ROW.findall(program.read_text()))
    return frozenset(names)


def core_modules(source: Path) -> frozenset[str]:
    """Return the modules that are always built in: the fixed rows of config.c.in."""
    rows = (_CONFIG_ROW.match(line) for line in (source / "Modules" / "config.c.in").read_text().splitlines())
    return frozenset(row.group(1) for row in rows if row)


def upstream_stdlib(lib: Path) -> frozenset[str]:
    """Return the top-level modules and packages of a ``Lib`` folder, upstream's tests (often left out) aside."""
    modules = {path.stem for path in lib.glob("*.py")}
    packages = {path.parent.name for path in lib.glob("*/*.py")}
    return frozenset(name for name in modules | packages if _NAME.fullmatch(name) and name not in UNWANTED_FOLDERS)


def check_source(manifest: Manifest, source: Path) -> None:
    """Compare the manifest with a CPython source tree; BuildError with *all* the differences."""
    _refuse(manifest, source, [*_setup_drift(manifest, source), *_stdlib_drift(manifest.stdlib, source / "Lib")])


def check_stdlib(manifest: Manifest, lib: Path, imported: Mapping[str, Iterable[str]]) -> None:
    """Compare stdlib.lst with a ``Lib`` folder and with what its modules import (see ``imports.survey``)."""
    problems = _stdlib_drift(manifest.stdlib, lib)
    _refuse(manifest, lib, problems + _open_ends(manifest.stdlib, imports.unmet_imports(imported, manifest.builtin)))


def _refuse(manifest: Manifest, where: Path, problems: Iterable[str]) -> None:
    text = _bullets(problems)
    if text:
        raise BuildError(
            f"{manifest.folder} does not fit the Python source in {where}:\n{text}",
            "state the modules in question as wanted or unwanted in the files named",
        )


def _setup_drift(manifest: Manifest, source: Path) -> list[str]:
    upstream, core = upstream_modules(source), core_modules(source)
    named = manifest.disabled | manifest.configured
    undecided = upstream - manifest.builtin - manifest.disabled - manifest.configured
    return [
        *_each(named - upstream, f"{SETUP} names {{}}, which upstream's Setup files do not have"),
        *_each(undecided, f"upstream has {{}}, which {SETUP} does not disable and {BUILTIN} does not list"),
        *_each(manifest.builtin & manifest.disabled, f"{BUILTIN} lists {{}}, which {SETUP} disables"),
        *_each(manifest.builtin - upstream - core, f"{BUILTIN} lists {{}}, which upstream does not have"),
        *_each(core - manifest.builtin, f"{{}} is always built in, but {BUILTIN} does not list it"),
    ]


def _stdlib_drift(stdlib: StdlibList, lib: Path) -> list[str]:
    upstream, listed = upstream_stdlib(lib), stdlib.top_level()
    _, missing = stdlib.resolve(lib)
    return [
        *_each(missing, f"{STDLIB} lists {{}}, which is not in Lib"),
        *_each(upstream - listed - stdlib.omitted.keys(), f"upstream's Lib has {{}}, which {STDLIB} does not mention"),
        *_each(stdlib.omitted.keys() - upstream, f"{STDLIB} omits {{}}, which is not in Lib"),
        *_each(stdlib.omitted.keys() & listed, f"{STDLIB} both lists and omits {{}}"),
    ]


def _open_ends(stdlib: StdlibList, unmet: Mapping[str, Iterable[str]]) -> list[str]:
    problems = [
        f"{name} is imported by {', '.join(sorted(unmet[name]))}, but {STDLIB} neither lists it nor calls it [absent]"
        for name in sorted(unmet.keys() - stdlib.absent.keys())
    ]
    stale = stdlib.absent.keys() - unmet.keys() - stdlib.unsteady
    return problems + _each(stale, f"{STDLIB} calls {{}} [absent], but nothing listed imports it in vain")


def check_builtins(manifest: Manifest, real: Iterable[str]) -> None:
    """Compare builtin.lst with ``sys.builtin_module_names`` of the interpreter that was built."""
    found = frozenset(real)
    problems = [
        *_each(manifest.builtin - found, f"{BUILTIN} lists {{}}, which the interpreter lacks"),
        *_each(found - manifest.builtin, f"the interpreter has {{}}, which {BUILTIN} does not list"),
    ]
    if problems:
        raise BuildError(
            f"The interpreter that was built is not the one that {manifest.folder} describes:\n" + _bullets(problems),
            f"see in the build's log why configure left a module out, or correct {SETUP} and {BUILTIN}",
        )


def _each(names: Iterable[str], sentence: str) -> list[str]:
    return [sentence.format(name) for name in sorted(names)]


def _bullets(problems: Iterable[str]) -> str:
    return "\n".join(f"  - {problem}" for problem in problems)


def manifest_inputs(manifest: Manifest) -> Mapping[str, bytes]:
    """Return what a built interpreter depends on, by name (stdlib.lst only decides on the bundle)."""
    return {name: (manifest.folder / name).read_bytes() for name in (SETUP, BUILTIN)}
