# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of Python that the bundle leaves out, each with the reason: a text file of the bundle.

``pykdump.runtime.omitted`` reads the file when a program imports such a module. The reasons are those of the
manifest: stdlib.lst gives them in [omitted], Setup.local in the comment before the names that it disables.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from mpykbuild.python import manifest
from mpykbuild.python.inside import imports
from mpykbuild.python.manifest import Manifest
from mpykbuild.python.stdlib_list import UNWANTED_FOLDERS

# The name of the file in the bundle. The module that reads it is in the same folder.
FILE = "pykdump/runtime/omitted_modules.txt"
DISABLED = "*disabled*"
# Modules that PyKdump has in the place of CPython's: pykdump/runtime/aliases.py gives them to programs.
OWN_MODULES = frozenset({"readline"})


def omitted_modules(wanted: Manifest, python: Path, bundled: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return the modules that the bundle leaves out: name to (reason, file of the manifest that decides).

    ``python`` is the folder of the CPython product, and ``bundled`` are the stdlib modules in the bundle.
    """
    lib = python / "lib" / f"python{wanted.folder.name}"
    present = {*bundled, *OWN_MODULES, *(python / "builtin.txt").read_text().split()}
    found = {name: (reason, manifest.STDLIB) for name, reason in wanted.stdlib.omitted.items()}
    found |= {name: (reason, manifest.SETUP) for name, reason in disabled_modules(wanted.setup_file).items()}
    for package in wanted.stdlib.parts:
        parts = dict.fromkeys(_modules_of(lib, package), (f"of {package} only a part is here", manifest.STDLIB))
        found = {**parts, **found}
    # What a prebuilt Python lacks: the manifest has it, the library does not.
    lacking = "the prebuilt Python that was embedded does not have it, or needs a library of its machine for it"
    found |= dict.fromkeys(wanted.builtin - present, (lacking, ""))
    return {name: found[name] for name in sorted(found.keys() - present)}


def omitted_file(modules: Mapping[str, tuple[str, str]]) -> bytes:
    """Return the content of FILE. Each line has a module, the reason, and the deciding file, separated by tabs."""
    return "".join("\t".join((name, *facts)) + "\n" for name, facts in modules.items()).encode()


def disabled_modules(setup: Path) -> dict[str, str]:
    """Return the modules that a Setup.local disables, each with the first sentence of the comment before its line."""
    found: dict[str, str] = {}
    comment: list[str] = []
    in_comment = disabled = False
    for line in setup.read_text().replace("\\\n", " ").splitlines():
        if line.startswith("#"):
            comment = [*comment, line[1:].strip()] if in_comment else [line[1:].strip()]
        elif line.startswith("*"):
            disabled = line.strip() == DISABLED
        elif disabled:
            sentence = " ".join(comment).partition(". ")[0].rstrip(".")
            found.update(dict.fromkeys(line.split(), sentence[:1].lower() + sentence[1:]))
        in_comment = line.startswith("#")
    return found


def _modules_of(lib: Path, package: str) -> list[str]:
    """Return the names of all modules in a package of the stdlib, without upstream's tests."""
    files = (path.relative_to(lib) for path in (lib / package).rglob("*.py"))
    return [imports.module_name(path) for path in files if not UNWANTED_FOLDERS.intersection(path.parts)]
