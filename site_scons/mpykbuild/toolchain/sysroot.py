# SPDX-License-Identifier: GPL-3.0-or-later
"""``sysroot=DIR``: compile with the headers and libraries of an older distribution, unpacked in a folder.

The compiler is this machine's. A script of the same name in the cache calls it with the flags for the sysroot.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from mpykbuild.base.cache import digest_of, file_digest, write_atomically
from mpykbuild.base.errors import BuildError
from mpykbuild.toolchain.compilers import Compilers
from mpykbuild.toolchain.glibc_stubs import LIBRARIES

# The folders where distributions have the libraries. The star is the name of the machine.
LIBRARY_FOLDERS = ("lib/*-linux-gnu*", "usr/lib/*-linux-gnu*", "lib64", "usr/lib64", "lib", "usr/lib")
HEADERS = ("usr/include/features.h", "usr/include/linux/version.h")


def library_folders(root: Path) -> list[Path]:
    """Return the folders of a sysroot that contain the C library."""
    folders = [folder for pattern in LIBRARY_FOLDERS for folder in sorted(root.glob(pattern))]
    return [folder for folder in folders if any((folder / name).exists() for name in ("libc.so.6", "libc.so"))]


def check_sysroot(root: Path) -> None:
    """Raise BuildError if the sysroot is not complete enough to compile and link. The error lists all problems."""
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
    """Return a hash of the sysroot's headers and C library."""
    files = [path for path in (root / "usr" / "include").rglob("*") if path.is_file()]
    for folder in library_folders(root):
        wanted = (*LIBRARIES, "libc.so", "libc_nonshared.a", "crt1.o", "crti.o", "crtn.o")
        files += [folder / name for name in wanted if (folder / name).is_file()]
    return digest_of({str(path.relative_to(root)): file_digest(path) for path in files})


def sysroot_compilers(root: Path, cache_root: Path, cc: str = "gcc", cxx: str = "g++") -> Compilers:
    """Return compilers for a sysroot, and write their scripts. Raises BuildError if the sysroot is not complete."""
    check_sysroot(root)
    digest = sysroot_key(root)
    folder = cache_root / "sysroot" / digest_of({"files": digest, "place": str(root), "cc": cc, "cxx": cxx})[:16]
    # -B makes the compiler search these folders before its own folders: --sysroot does not change the latter.
    flags = [f"--sysroot={root}", *(f"-B{place}/" for place in library_folders(root))]
    for compiler in (cc, cxx):
        text = f'#!/bin/sh\nexec {shlex.join([compiler, *flags])} "$@"\n'
        write_atomically(folder / Path(compiler).name, text, 0o755)
    return Compilers(str(folder / Path(cc).name), str(folder / Path(cxx).name), str(root), digest)
