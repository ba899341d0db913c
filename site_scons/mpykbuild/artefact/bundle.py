# SPDX-License-Identifier: GPL-3.0-or-later
"""The bundle: what the extension carries of Python code, as one deterministic ZIP.

``stdlib/`` holds the compiled stdlib subset, ``pykdump/`` our own code, compiled and with its
source, so that tracebacks show the lines. ``README.txt`` lists the contents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.artefact import stored_zip
from mpykbuild.python import byte_compile, find_prebuilt, manifest
from mpykbuild.python.inside import imports
from mpykbuild.python.manifest import Manifest

OWN_PACKAGES = ("pykdump",)
STDLIB = "stdlib"
README = "README.txt"
# What tracebacks put before a name inside the bundle.
SHOWN_ROOT = "<mpykdump>"
DATA_SUFFIXES = frozenset({".json", ".txt", ".tbl"})
MANIFESTS = "stdlib_manifests"


@dataclass(frozen=True)
class Entry:
    """A file of the bundle; ``keep_source`` also puts in the .py of a module."""

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


def make_bundle(python: Path, minor: str, project: Path, out: Path, versions: Mapping[str, str]) -> None:
    """Write the bundle to ``out``.

    ``python`` is the folder of the CPython product, ``versions`` what README.txt tells ("pykdump" to "1.0").
    BuildError when stdlib.lst does not fit the product or a file cannot be compiled.
    """
    goal = manifest.load_manifest(project / MANIFESTS, minor)
    lib = python / "lib" / f"python{minor}"
    check_closed(goal, python, lib)
    listed, _ = goal.stdlib.resolve(lib)
    entries = [Entry(f"{STDLIB}/{path.as_posix()}", lib / path, keep_source=False) for path in listed]
    content = bundle_contents(python / "bin" / "python", [*entries, *_own_entries(project)])
    content[README] = bundle_readme(content, versions)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(stored_zip.pack_zip(content))


def check_closed(goal: Manifest, python: Path, lib: Path) -> None:
    """Let the product's own interpreter parse the listed files, and compare what they import with stdlib.lst.

    What a prebuilt Python lacks was found out and reported when it was taken over.
    """
    if (python / find_prebuilt.REPORT).is_file():
        return
    listed, _ = goal.stdlib.resolve(lib)
    question = {"lib": str(lib), "files": [str(path) for path in listed]}
    interpreter = python / "bin" / "python"
    answer = byte_compile.ask_program(interpreter, imports.__file__, question, f"The imports of {lib} cannot be read")
    manifest.check_stdlib(goal, lib, answer)


def bundle_contents(python: Path, entries: list[Entry]) -> dict[str, bytes]:
    """Return name and bytes of everything that ``entries`` become; ``python`` is the interpreter that compiles."""
    code = [entry for entry in entries if entry.is_code]
    jobs = [byte_compile.Job(entry.path, f"{SHOWN_ROOT}/{entry.name}") for entry in code]
    compiled = zip(code, byte_compile.compile_all(python, jobs), strict=True)
    found = {f"{entry.name}c": data for entry, data in compiled}
    found.update({entry.name: entry.path.read_bytes() for entry in entries if entry.keep_source})
    return found


def bundle_readme(content: Mapping[str, bytes], versions: Mapping[str, str]) -> bytes:
    """Return the text that tells whoever unzips the extension what is in it."""
    lines = [
        "The Python part of PyKdump: run 'unzip -l' on the extension to see it, nothing needs unpacking.",
        "",
        *(f"{name} {version}" for name, version in sorted(versions.items())),
        "",
        *(f"{len(content[name]):9} {name}" for name in sorted(content)),
    ]
    return ("\n".join(lines) + "\n").encode()


def _own_entries(project: Path) -> Iterator[Entry]:
    """Yield our own modules and their data files, sorted."""
    for package in OWN_PACKAGES:
        for path in sorted((project / package).rglob("*")):
            wanted = path.suffix == ".py" or path.suffix in DATA_SUFFIXES
            if wanted and path.is_file() and "__pycache__" not in path.parts:
                yield Entry(path.relative_to(project).as_posix(), path, keep_source=True)
