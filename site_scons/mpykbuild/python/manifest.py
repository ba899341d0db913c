# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest of a CPython release: which modules the build takes. See ``stdlib_manifests/3.N/``.

Its three files are Setup.local, stdlib.lst and builtin.lst. They are compared with the release's own files in both
directions. So if a release adds, drops or renames a module, the build fails at once with all the differences.

``check_source`` compares an existing manifest with a source, in each build. ``derive_manifest`` writes the manifest of
a new release. Both read upstream's files with the functions of this module; ``derive_manifest`` says why the two stay
separate.
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
# Before 3.11 some modules are only in setup.py: "Extension('_queue', ['_queuemodule.c'])".
_SETUP_PY_ROW = re.compile(r"""\bExtension\(\s*['"](\w+)['"]""")
_CONFIG_ROW = re.compile(r'\s*\{"(\w+)",')
_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True)
class Manifest:
    """The parsed manifest of one minor release.

    Setup.local disables the modules ``disabled``, and has rows of its own for those in ``configured``. ``builtin`` are
    the modules of builtin.lst.
    """

    folder: Path
    disabled: frozenset[str]
    configured: frozenset[str]
    stdlib: StdlibList
    builtin: frozenset[str]

    @property
    def setup_file(self) -> Path:
        return self.folder / SETUP


def known_minors(manifests: Path) -> list[str]:
    """Return the minor releases ("3.13") that have a manifest, the oldest first."""
    found = [path.parent.name for path in manifests.glob(f"3.*/{SETUP}")]
    return sorted(found, key=lambda minor: int(minor.partition(".")[2]))


def why_unverified(folder: Path) -> str:
    """Return what an unverified manifest is based on; empty if it is verified."""
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
            f"Python {minor} has no complete manifest: {folder} has no {' and no '.join(missing)}.",
            f"choose one of the known releases ({known}) or write the manifest as CONTRIBUTING.md says",
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
    """Return the modules that our Setup.local disables, and those for which it has rows. The syntax is makesetup's."""
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
    """Return the extension modules in the Setup files of a CPython source tree, and before 3.11 in its setup.py too."""
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
    """Return the modules that are always built in. config.c.in has a fixed row for each."""
    rows = (_CONFIG_ROW.match(line) for line in (source / "Modules" / "config.c.in").read_text().splitlines())
    return frozenset(row.group(1) for row in rows if row)


def upstream_stdlib(lib: Path) -> frozenset[str]:
    """Return the top-level modules and packages of a ``Lib`` folder, without upstream's tests."""
    modules = {path.stem for path in lib.glob("*.py")}
    packages = {path.parent.name for path in lib.glob("*/*.py")}
    return frozenset(name for name in modules | packages if _NAME.fullmatch(name) and name not in UNWANTED_FOLDERS)


def check_source(manifest: Manifest, source: Path) -> None:
    """Raise BuildError with all the differences between the manifest and a CPython source tree."""
    _raise_problems(
        manifest, source, [*_setup_drift(manifest, source), *_stdlib_drift(manifest.stdlib, source / "Lib")]
    )


def check_stdlib(manifest: Manifest, lib: Path, imported: Mapping[str, Iterable[str]]) -> None:
    """Raise BuildError if stdlib.lst does not fit a ``Lib`` folder, or the imports of its modules.

    ``imported`` is the answer of ``imports.survey_imports``.
    """
    problems = _stdlib_drift(manifest.stdlib, lib)
    _raise_problems(
        manifest, lib, problems + _import_problems(manifest.stdlib, imports.unmet_imports(imported, manifest.builtin))
    )


def _raise_problems(manifest: Manifest, where: Path, problems: Iterable[str]) -> None:
    text = _bullets(problems)
    if text:
        raise BuildError(
            f"{manifest.folder} does not fit the Python source in {where}:\n{text}",
            "list each of these modules as wanted or as unwanted in the file that its line names",
        )


def _setup_drift(manifest: Manifest, source: Path) -> list[str]:
    upstream, core = upstream_modules(source), core_modules(source)
    named = manifest.disabled | manifest.configured
    undecided = upstream - manifest.builtin - manifest.disabled - manifest.configured
    return [
        *_sentences(named - upstream, f"{SETUP} names {{}}, which upstream's Setup files do not have"),
        *_sentences(undecided, f"upstream has {{}}, which {SETUP} does not disable and {BUILTIN} does not list"),
        *_sentences(manifest.builtin & manifest.disabled, f"{BUILTIN} lists {{}}, which {SETUP} disables"),
        *_sentences(manifest.builtin - upstream - core, f"{BUILTIN} lists {{}}, which upstream does not have"),
        *_sentences(core - manifest.builtin, f"{{}} is always built in, but {BUILTIN} does not list it"),
    ]


def _stdlib_drift(stdlib: StdlibList, lib: Path) -> list[str]:
    upstream, listed = upstream_stdlib(lib), stdlib.top_level()
    _, missing = stdlib.resolve(lib)
    return [
        *_sentences(missing, f"{STDLIB} lists {{}}, which is not in Lib"),
        *_sentences(upstream - stdlib.mentioned(), f"upstream's Lib has {{}}, which {STDLIB} does not mention"),
        *_sentences(stdlib.omitted.keys() - upstream, f"{STDLIB} omits {{}}, which is not in Lib"),
        *_sentences(stdlib.omitted.keys() & listed, f"{STDLIB} both lists and omits {{}}"),
    ]


def _import_problems(stdlib: StdlibList, unmet: Mapping[str, Iterable[str]]) -> list[str]:
    problems = [
        f"{name} is imported by {', '.join(sorted(unmet[name]))}, but {STDLIB} neither lists it nor calls it [absent]"
        for name in sorted(unmet.keys() - stdlib.absent.keys())
    ]
    stale = stdlib.absent.keys() - unmet.keys() - stdlib.sometimes_imported
    return problems + _sentences(
        stale, f"{STDLIB} calls {{}} [absent], but nothing listed imports it, or it is listed or built in"
    )


def check_builtins(manifest: Manifest, real: Iterable[str]) -> None:
    """Raise BuildError if ``real``, the built-in modules of the built interpreter, differ from builtin.lst."""
    found = frozenset(real)
    problems = [
        *_sentences(manifest.builtin - found, f"{BUILTIN} lists {{}}, which the interpreter lacks"),
        *_sentences(found - manifest.builtin, f"the interpreter has {{}}, which {BUILTIN} does not list"),
    ]
    if problems:
        raise BuildError(
            f"The interpreter that was built does not have the built-in modules of {manifest.folder}:\n"
            + _bullets(problems),
            f"look in the log of the build why configure left a module out, or correct {SETUP} and {BUILTIN}",
        )


def _sentences(names: Iterable[str], sentence: str) -> list[str]:
    """Return ``sentence`` once for each name."""
    return [sentence.format(name) for name in sorted(names)]


def _bullets(problems: Iterable[str]) -> str:
    return "\n".join(f"  - {problem}" for problem in problems)


def manifest_inputs(manifest: Manifest) -> Mapping[str, bytes]:
    """Return the files on which a built interpreter depends, by name. stdlib.lst is for the bundle only."""
    return {name: (manifest.folder / name).read_bytes() for name in (SETUP, BUILTIN)}
