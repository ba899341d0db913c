# SPDX-License-Identifier: GPL-3.0-or-later
"""``sysroot=DIR``: compile with the headers and libraries of an older distribution, unpacked in a folder.

The compiler stays the machine's own; a script in the cache, which calls it with what it needs to know, takes its name.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from mpykbuild.base.cache import digest_of, file_digest, write_atomically
from mpykbuild.base.errors import BuildError
from mpykbuild.toolchain.compilers import Compilers
from mpykbuild.toolchain.glibc_stubs import LIBRARIES

# Where distributions keep the libraries: with and without the machine's name, which is put in for the star.
LIBRARY_FOLDERS = ("lib/*-linux-gnu*", "usr/lib/*-linux-gnu*", "lib64", "usr/lib64", "lib", "usr/lib")
HEADERS = ("usr/include/features.h", "usr/include/linux/version.h")


def library_folders(root: Path) -> list[Path]:
    """Return the folders of a sysroot in which the C library is."""
    folders = [folder for pattern in LIBRARY_FOLDERS for folder in sorted(root.glob(pattern))]
    return [folder for folder in folders if any((folder / name).exists() for name in ("libc.so.6", "libc.so"))]


def check_sysroot(root: Path) -> None:
    """Raise BuildError, with all that is wrong, when nothing can be compiled and linked with a sysroot."""
    if not root.is_dir():
        raise BuildError(f"sysroot={root} is not a folder.", "unpack the C library's packages of a distribution there.")
    folders = library_folders(root)
    wrong = [f"there is no {name}" for name in HEADERS if not (root / name).is_file()]
    wrong += [
        f"there is no {name}" for name in LIBRARIES[:2] if not any((folder / name).is_file() for folder in folders)
    ]
    wrong += [f"there is no {name}" for name in ("libc.so", "crt1.o") if not any((f / name).is_file() for f in folders)]
    wrong += [
        f"{link.relative_to(root)} leads to {link.readlink()}, which is outside"
        for folder in folders
        for link in sorted(folder.glob("*.so"))
        if link.is_symlink() and link.readlink().is_absolute()
    ]
    if wrong:
        raise BuildError(
            f"sysroot={root} cannot be used:\n" + "\n".join(f"  - {line}" for line in wrong),
            "unpack libc6, libc6-dev and linux-libc-dev (glibc, glibc-devel and kernel-headers) there, and make "
            "absolute links relative: `symlinks -rc DIR`, or as CONTRIBUTING.md shows.",
        )


def sysroot_key(root: Path) -> str:
    """Return a hash of what is compiled and linked with: the headers and the C library."""
    files = [path for path in (root / "usr" / "include").rglob("*") if path.is_file()]
    for folder in library_folders(root):
        wanted = (*LIBRARIES, "libc.so", "libc_nonshared.a", "crt1.o", "crti.o", "crtn.o")
        files += [folder / name for name in wanted if (folder / name).is_file()]
    return digest_of({str(path.relative_to(root)): file_digest(path) for path in files})


def sysroot_compilers(root: Path, cache_root: Path, cc: str = "gcc", cxx: str = "g++") -> Compilers:
    """Return compilers for a sysroot; their scripts are written unless they are there. Raises BuildError."""
    check_sysroot(root)
    digest = sysroot_key(root)
    folder = cache_root / "sysroot" / digest_of({"files": digest, "place": str(root), "cc": cc, "cxx": cxx})[:16]
    # -B makes the compiler look there for libraries before it looks into its own folders, which no sysroot moves.
    flags = [f"--sysroot={root}", *(f"-B{place}/" for place in library_folders(root))]
    for compiler in (cc, cxx):
        text = f'#!/bin/sh\nexec {shlex.join([compiler, *flags])} "$@"\n'
        write_atomically(folder / Path(compiler).name, text, 0o755)
    return Compilers(str(folder / Path(cc).name), str(folder / Path(cxx).name), str(root), digest)
