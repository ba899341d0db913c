# SPDX-License-Identifier: GPL-3.0-or-later
"""``python=prebuilt:DIR``: find an installed or unpacked Python that has a static, position-independent library.

DIR may be a folder with Debian's unpacked packages, a prefix of ``make install``, or a CPython product of this build.
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
# Only a product that was made from a prebuilt Python has this file.
REPORT = "report.txt"
PREFIXES = ("", "usr", "usr/local")
UNUSED_FOLDERS = frozenset(
    {"__pycache__", "test", "tests", "idle_test", "site-packages", "dist-packages", "lib-dynload", "_bundled"}
)
NEXT_STEP = (
    "give the folder where a Python with its static library is installed, or its packages are unpacked"
    " (Debian: libpython3.N-minimal, libpython3.N-stdlib and libpython3.N-dev)"
)


@dataclass(frozen=True)
class Prebuilt:
    """The files of the Python in DIR. ``own`` is true for a product of this build."""

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
    """Return the DIR of ``prebuilt:DIR``; empty if ``wanted`` is something else."""
    return wanted.removeprefix(PREFIX) if wanted.startswith(PREFIX) else ""


def find_prebuilt_python(folder: Path) -> Prebuilt:
    """Return the one Python in ``folder``. BuildError lists everything that is missing or was found twice."""
    if not folder.is_dir():
        raise BuildError(f"python={PREFIX}{folder}: there is no such folder.", NEXT_STEP)
    own = folder / "lib" / "libpython.a"
    if own.is_file():
        return _own_product(folder, own)
    missing: list[str] = []
    found = [python for headers in _header_folders(folder) for python in _pythons_of_headers(folder, headers, missing)]
    if len(found) == 1:
        return found[0]
    if found:
        versions = ", ".join(python.version for python in found)
        raise BuildError(
            f"python={PREFIX}{folder} holds more than one Python: {versions}.", "unpack each into its own folder."
        )
    what = "; ".join(missing) or "it has no include/python3.N/Python.h"
    raise BuildError(f"python={PREFIX}{folder} holds no Python that could be embedded: {what}.", NEXT_STEP)


def _own_product(folder: Path, archive: Path) -> Prebuilt:
    headers = folder / "include"
    version = version_in(_read(headers / "patchlevel.h"), folder)
    lib = folder / "lib" / ("python" + ".".join(version.split(".")[:2]))
    return Prebuilt(folder, version, archive, headers, headers / "pyconfig.h", lib, own=True)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BuildError(f"{path} cannot be read: {error.strerror}.", NEXT_STEP) from error


def _header_folders(folder: Path) -> Iterator[Path]:
    for prefix in PREFIXES:
        for path in sorted((folder / prefix / "include").glob("python3.*/patchlevel.h")):
            # A build without the GIL (3.14t) has another ABI, which we do not support.
            if re.fullmatch(r"python3\.\d+", path.parent.name):
                yield path.parent


def _pythons_of_headers(folder: Path, headers: Path, missing: list[str]) -> Iterator[Prebuilt]:
    """Yield the Python of these headers if it is complete. Otherwise add its missing files to ``missing``."""
    name, prefix = headers.name, headers.parent.parent
    archive = _first(
        [*prefix.glob(f"lib*/{name}/config-*/lib{name}-pic.a"), *prefix.glob(f"lib*/{name}/config-*/lib{name}.a"),
         *prefix.glob(f"lib*/lib{name}.a"), *prefix.glob(f"lib*/*/lib{name}.a")]
    )  # fmt: skip
    lib = _first(prefix.glob(f"lib*/{name}/os.py"))
    # Debian keeps the pyconfig.h of each architecture in another folder. The usual pyconfig.h includes one of these.
    pyconfig = _first([*prefix.glob(f"include/*/{name}/pyconfig.h"), headers / "pyconfig.h"])
    wanted = {f"lib{name}.a": archive, f"{name}/os.py": lib, f"{name}/pyconfig.h": pyconfig}
    missing += [f"there is no {what} for {headers}" for what, path in wanted.items() if path is None]
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
    """Return a hash of all files of a prebuilt Python that the product is made from."""
    whole = hashlib.sha256()
    named = [(path.relative_to(python.headers), path) for path in sorted(python.headers.rglob("*.h"))]
    named += [(path, python.lib / path) for path in stdlib_files(python.lib)]
    named += [(Path("archive"), python.archive), (Path("pyconfig"), python.pyconfig)]
    for name, path in named:
        content = path.read_bytes()
        whole.update(f"{name.as_posix()}\0{len(content)}\0".encode() + content)
    return whole.hexdigest()
