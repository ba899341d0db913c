# SPDX-License-Identifier: GPL-3.0-or-later
"""``sysroot=DIR``: compile with the headers and libraries of an older distribution, unpacked in a folder.

The compiler stays the machine's own; a script in the cache, which calls it with what it needs to know, takes its name.
"""

from __future__ import annotations

import os
import platform
import shlex
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.cache import digest_of, file_digest
from mpykbuild.errors import BuildError
from mpykbuild.glibcstubs import LIBRARIES
from mpykbuild.hostlibraries import include_folders
from mpykbuild.hosts import Host

# Where distributions keep the libraries: with and without the machine's name, which is put in for the star.
LIBRARY_FOLDERS = ("lib/*-linux-gnu*", "usr/lib/*-linux-gnu*", "lib64", "usr/lib64", "lib", "usr/lib")
HEADERS = ("usr/include/features.h", "usr/include/linux/version.h")


@dataclass(frozen=True)
class Compilers:
    """The compilers to use. ``sysroot`` is empty, and ``key`` too, for the machine's own headers and libraries.

    ``host`` is the machine that a cross compiler builds for; ``tools`` and ``libraries`` are crosstools' folders then.
    """

    cc: str = "gcc"
    cxx: str = "g++"
    sysroot: str = ""
    key: str = ""
    host: Host | None = None
    tools: str = ""
    libraries: str = ""

    @property
    def machine(self) -> str:
        """On what is built runs."""
        return self.host.name if self.host else platform.machine()

    @property
    def suffix(self) -> str:
        """What tells the products for another machine from those for this one."""
        return f"-{self.host.name}" if self.host else ""

    def tool(self, name: str) -> str:
        """Return the program of binutils that is called ``name`` on the machine that is built for."""
        return self.host.tool(name) if self.host else name

    def other_headers(self) -> list[str]:
        """Return compiler flags that let the machine's headers be found where the sysroot has none.

        crash's header includes those of the compression libraries with which crash was built on this machine.
        """
        if self.libraries:
            return [word for folder in include_folders(Path(self.libraries)) for word in ("-isystem", str(folder))]
        triplet = f"/usr/include/{platform.machine()}-linux-gnu"
        return ["-idirafter", triplet, "-idirafter", "/usr/include"] if self.sysroot else []

    def keyed(self, source_key: str) -> str:
        """Return the key of a product's source together with that of the sysroot it is compiled with."""
        return digest_of({"source": source_key, "sysroot": self.key}) if self.key else source_key


def library_folders(root: Path) -> list[Path]:
    """Return the folders of a sysroot in which the C library is."""
    folders = [folder for pattern in LIBRARY_FOLDERS for folder in sorted(root.glob(pattern))]
    return [folder for folder in folders if any((folder / name).exists() for name in ("libc.so.6", "libc.so"))]


def check(root: Path) -> None:
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


def key(root: Path) -> str:
    """Return a hash of what is compiled and linked with: the headers and the C library."""
    files = [path for path in (root / "usr" / "include").rglob("*") if path.is_file()]
    for folder in library_folders(root):
        wanted = (*LIBRARIES, "libc.so", "libc_nonshared.a", "crt1.o", "crti.o", "crtn.o")
        files += [folder / name for name in wanted if (folder / name).is_file()]
    return digest_of({str(path.relative_to(root)): file_digest(path) for path in files})


def compilers(root: Path, cache_root: Path, cc: str = "gcc", cxx: str = "g++") -> Compilers:
    """Return compilers for a sysroot; their scripts are written unless they are there. Raises BuildError."""
    check(root)
    digest = key(root)
    folder = cache_root / "sysroot" / digest_of({"files": digest, "place": str(root), "cc": cc, "cxx": cxx})[:16]
    folder.mkdir(parents=True, exist_ok=True)
    # -B makes the compiler look there for libraries before it looks into its own folders, which no sysroot moves.
    flags = [f"--sysroot={root}", *(f"-B{place}/" for place in library_folders(root))]
    for compiler in (cc, cxx):
        text = f'#!/bin/sh\nexec {shlex.join([compiler, *flags])} "$@"\n'
        script = folder / Path(compiler).name
        if not script.is_file() or script.read_text() != text:
            fresh = script.with_suffix(f".{os.getpid()}")
            fresh.write_text(text)
            fresh.chmod(0o755)
            fresh.replace(script)
    return Compilers(str(folder / Path(cc).name), str(folder / Path(cxx).name), str(root), digest)
