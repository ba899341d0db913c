# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the bundle: all Python code of the extension in one ZIP, whose bytes depend on the inputs alone.

``stdlib/`` holds the compiled part of the standard library. ``pykdump/`` holds our own modules, compiled and as source,
because tracebacks show source lines. The packages of others are next to it, compiled. ``README.txt`` lists the
contents.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.artefact import deflate, omitted, packages, zip_file
from mpykbuild.artefact.packages import Package
from mpykbuild.python import byte_compile, find_prebuilt, manifest
from mpykbuild.python.inside import imports
from mpykbuild.python.manifest import Manifest

OWN_PACKAGES = ("pykdump",)
# The folders of the modules that `extend` and `from pykdump.API import *` import.
READ_AT_START = frozenset({"pykdump", "pykdump/runtime"})
STDLIB = "stdlib"
README = "README.txt"
# Tracebacks show this in front of a name inside the bundle.
SHOWN_ROOT = "<mpykdump>"
DATA_SUFFIXES = frozenset({".json", ".txt", ".tbl"})
MANIFESTS = "stdlib_manifests"


@dataclass(frozen=True)
class Entry:
    """A file of the bundle. A module becomes a .pyc; with ``keep_source`` its .py is added too."""

    name: str
    path: Path
    keep_source: bool

    @property
    def is_code(self) -> bool:
        return self.path.suffix == ".py"


def bundle_inputs(project: Path, minor: str) -> list[Path]:
    """Return the files of the project that the bundle for ``minor`` depends on, besides the CPython product."""
    lists = [project / MANIFESTS / minor / name for name in (manifest.SETUP, manifest.STDLIB, manifest.BUILTIN)]
    return [*lists, *(entry.path for entry in _own_entries(project))]


def make_bundle(
    python: Path, minor: str, project: Path, out: Path, versions: Mapping[str, str], wheels: Sequence[Path] = ()
) -> None:
    """Write the bundle to ``out``.

    ``python`` is the folder of the CPython product. ``versions`` maps names to versions for README.txt, such as
    "pykdump" to "1.0". ``wheels`` are folders with the wheels of packages. Raises BuildError when stdlib.lst does not
    fit the product, when a file cannot be compiled, or when a package cannot be used inside crash.
    """
    wanted = manifest.load_manifest(project / MANIFESTS, minor)
    lib = python / "lib" / f"python{minor}"
    check_imports_are_listed(wanted, python, lib)
    listed, _ = wanted.stdlib.resolve(lib)
    bundled = {imports.module_name(path) for path in listed}
    others = packages.read_packages(wheels, {*OWN_PACKAGES, *bundled})
    entries = [Entry(f"{STDLIB}/{path.as_posix()}", lib / path, keep_source=False) for path in listed]
    with tempfile.TemporaryDirectory() as scratch:
        entries += [*_own_entries(project), *_package_entries(others, Path(scratch))]
        content = bundle_contents(python / "bin" / "python", entries)
    content.update(packages.data_files(others))
    left_out = omitted.omitted_modules(wanted, python, bundled)
    content[omitted.FILE] = omitted.omitted_file(left_out)
    content[README] = bundle_readme(content, {**versions, **packages.versions_and_licences(others)})
    # What each start reads is not compressed: that would cost milliseconds and save little.
    packed = {name: data for name, data in content.items() if not _read_at_start(name)}
    data = zip_file.pack_zip(content, deflate.deflated(python, packed))
    _write_tried_bundle(data, out, python, others, left_out)


def _write_tried_bundle(
    data: bytes, out: Path, python: Path, others: Sequence[Package], left_out: Mapping[str, tuple[str, str]]
) -> None:
    """Write the bundle to ``out`` if all packages in it can be imported."""
    out.parent.mkdir(parents=True, exist_ok=True)
    tried = out.with_name(out.name + ".tried")
    tried.write_bytes(data)
    try:
        packages.check_imports(python, tried, others, {name: reason for name, (reason, _) in left_out.items()})
        tried.replace(out)
    finally:
        tried.unlink(missing_ok=True)


def check_imports_are_listed(wanted: Manifest, python: Path, lib: Path) -> None:
    """Raise BuildError when a file in stdlib.lst imports a module that the list does not have.

    The product's own interpreter parses the files. A prebuilt Python is not checked here: the build reported what it
    lacks when it was adopted.
    """
    if (python / find_prebuilt.REPORT).is_file():
        return
    listed, _ = wanted.stdlib.resolve(lib)
    question = {"lib": str(lib), "files": [str(path) for path in listed]}
    interpreter = python / "bin" / "python"
    answer = byte_compile.ask_program(interpreter, imports.__file__, question, f"The imports of {lib} cannot be read")
    manifest.check_stdlib(wanted, lib, answer)


def bundle_contents(python: Path, entries: list[Entry]) -> dict[str, bytes]:
    """Return the files of the bundle, name to content. The interpreter ``python`` compiles the modules."""
    code = [entry for entry in entries if entry.is_code]
    jobs = [byte_compile.Job(entry.path, f"{SHOWN_ROOT}/{entry.name}") for entry in code]
    compiled = zip(code, byte_compile.compile_all(python, jobs), strict=True)
    found = {f"{entry.name}c": data for entry, data in compiled}
    found.update({entry.name: entry.path.read_bytes() for entry in entries if entry.keep_source})
    return found


def bundle_readme(content: Mapping[str, bytes], versions: Mapping[str, str]) -> bytes:
    """Return the content of README.txt: versions, then the size and name of each file."""
    lines = [
        "The Python part of PyKdump. 'unzip -l' on the extension lists it; you need not unpack it.",
        "",
        *(f"{name} {version}" for name, version in sorted(versions.items())),
        "",
        *(f"{len(content[name]):9} {name}" for name in sorted(content)),
    ]
    return ("\n".join(lines) + "\n").encode()


def _package_entries(others: Iterable[Package], scratch: Path) -> Iterator[Entry]:
    """Unpack the modules of the packages into ``scratch``, and yield them."""
    for package in others:
        for name, data in package.files.items():
            if name.endswith(".py"):
                path = scratch / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
                yield Entry(name, path, keep_source=False)


def _read_at_start(name: str) -> bool:
    """Return whether ``extend`` or ``from pykdump.API import *`` reads the file."""
    return name.endswith(".pyc") and name.rpartition("/")[0] in READ_AT_START


def _own_entries(project: Path) -> Iterator[Entry]:
    """Yield our own modules and their data files, sorted."""
    for package in OWN_PACKAGES:
        for path in sorted((project / package).rglob("*")):
            bundled = path.suffix == ".py" or path.suffix in DATA_SUFFIXES
            if bundled and path.is_file() and "__pycache__" not in path.parts:
                yield Entry(path.relative_to(project).as_posix(), path, keep_source=True)
