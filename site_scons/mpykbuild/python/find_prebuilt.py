# SPDX-License-Identifier: GPL-3.0-or-later
"""``python=prebuilt:DIR``: an installed or unpacked Python that carries a static, position-independent library.

Known layouts: Debian's packages unpacked anywhere, any ``make install`` prefix, and the products of ``cpython``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.python.user_source import version_in

PREFIX = "prebuilt:"
# Stands in a product that was taken over from a prebuilt Python.
REPORT = "report.txt"
PREFIXES = ("", "usr", "usr/local")
UNUSED_FOLDERS = frozenset(
    {"__pycache__", "test", "tests", "idle_test", "site-packages", "dist-packages", "lib-dynload", "_bundled"}
)
NEXT = (
    "give the folder where a Python with its static library is installed, or its packages are unpacked"
    " (Debian: libpython3.N-minimal, libpython3.N-stdlib and libpython3.N-dev)"
)


@dataclass(frozen=True)
class Prebuilt:
    """What was found in DIR. ``own`` says that an earlier build of this project made it."""

    folder: Path
    version: str
    archive: Path
    headers: Path
    pyconfig: Path
    lib: Path
    own: bool

    @property
    def minor(self) -> str:
        return ".".join(self.version.split(".")[:2])


def requested_prebuilt(wanted: str) -> str:
    """Return the DIR of ``prebuilt:DIR``, empty when ``wanted`` is something else."""
    return wanted.removeprefix(PREFIX) if wanted.startswith(PREFIX) else ""


def find_prebuilt_python(folder: Path) -> Prebuilt:
    """Return the one Python in ``folder``. BuildError lists everything that is missing or was found twice."""
    if not folder.is_dir():
        raise BuildError(f"python={PREFIX}{folder}: there is no such folder.", NEXT)
    own = folder / "lib" / "libpython.a"
    if own.is_file():
        return _own_product(folder, own)
    missed: list[str] = []
    found = [python for headers in _header_folders(folder) for python in _complete(folder, headers, missed)]
    if len(found) == 1:
        return found[0]
    if found:
        told = ", ".join(python.version for python in found)
        raise BuildError(f"python={PREFIX}{folder} holds more than one Python: {told}.", "unpack each into its own.")
    what = "; ".join(missed) or "it has no include/python3.N/Python.h"
    raise BuildError(f"python={PREFIX}{folder} holds no Python that could be embedded: {what}.", NEXT)


def _own_product(folder: Path, archive: Path) -> Prebuilt:
    headers = folder / "include"
    version = version_in(_read(headers / "patchlevel.h"), folder)
    lib = folder / "lib" / ("python" + ".".join(version.split(".")[:2]))
    return Prebuilt(folder, version, archive, headers, headers / "pyconfig.h", lib, own=True)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BuildError(f"{path} cannot be read: {error.strerror}.", NEXT) from error


def _header_folders(folder: Path) -> Iterator[Path]:
    for prefix in PREFIXES:
        for path in sorted((folder / prefix / "include").glob("python3.*/patchlevel.h")):
            # A build without the GIL (3.14t) has another ABI, which we do not support.
            if re.fullmatch(r"python3\.\d+", path.parent.name):
                yield path.parent


def _complete(folder: Path, headers: Path, missed: list[str]) -> Iterator[Prebuilt]:
    """Yield the Python of these headers when the rest of it is there; otherwise say in ``missed`` what is not."""
    name, prefix = headers.name, headers.parent.parent
    archive = _first(
        [*prefix.glob(f"lib*/{name}/config-*/lib{name}-pic.a"), *prefix.glob(f"lib*/{name}/config-*/lib{name}.a"),
         *prefix.glob(f"lib*/lib{name}.a"), *prefix.glob(f"lib*/*/lib{name}.a")]
    )  # fmt: skip
    lib = _first(prefix.glob(f"lib*/{name}/os.py"))
    # Debian keeps what depends on the architecture apart and puts a switch in its place.
    pyconfig = _first([*prefix.glob(f"include/*/{name}/pyconfig.h"), headers / "pyconfig.h"])
    wanted = {f"lib{name}.a": archive, f"{name}/os.py": lib, f"{name}/pyconfig.h": pyconfig}
    missed += [f"there is no {what} for {headers}" for what, path in wanted.items() if path is None]
    if archive and lib and pyconfig:
        version = version_in(_read(headers / "patchlevel.h"), headers)
        yield Prebuilt(folder, version, archive.resolve(), headers, pyconfig, lib.parent, own=False)


def _first(paths: Iterator[Path] | list[Path]) -> Path | None:
    return next((path for path in paths if path.is_file()), None)


def stdlib_files(lib: Path, below: Path = Path()) -> Iterator[Path]:
    """Yield the modules of a standard library, relative to ``lib``, without tests and installed packages."""
    for entry in sorted((lib / below).iterdir()):
        relative = below / entry.name
        if entry.is_dir() and not entry.is_symlink():
            if entry.name not in UNUSED_FOLDERS and not entry.name.startswith("config-"):
                yield from stdlib_files(lib, relative)
        elif entry.suffix == ".py" and entry.is_file():
            yield relative


def prebuilt_key(python: Prebuilt) -> str:
    """Return a hash of everything that is taken from a prebuilt Python."""
    whole = hashlib.sha256()
    named = [(path.relative_to(python.headers), path) for path in sorted(python.headers.rglob("*.h"))]
    named += [(path, python.lib / path) for path in stdlib_files(python.lib)]
    named += [(Path("archive"), python.archive), (Path("pyconfig"), python.pyconfig)]
    for name, path in named:
        content = path.read_bytes()
        whole.update(f"{name.as_posix()}\0{len(content)}\0".encode() + content)
    return whole.hexdigest()
