# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools for ``host=``: are they there, and how programs that know nothing of cross building are led to them."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

from mpykbuild.base.cache import digest_of, write_atomically
from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import PROJECT
from mpykbuild.toolchain import crash_libraries, glibc_stubs
from mpykbuild.toolchain.compilers import Compilers, compiler_identity
from mpykbuild.toolchain.hosts import Host

COMPILERS = ("gcc", "g++")
BINUTILS = ("ar", "ld", "nm", "objcopy", "ranlib", "strip")
# Those that are called by their plain names. The linker is not one of them: this machine's compiler would take it.
PLAIN = ("ar", "nm")
# Where the compilers are that find the unpacked libraries: crash links these, nothing else does.
WITH_LIBRARIES = "with-libraries"
PACKAGES = PROJECT / "requirements" / "system-packages.tsv"


def check_cross_tools(host: Host, path: str | None = None) -> None:
    """Raise BuildError that names what is missing of the tools for ``host``, and the packages that have it."""
    tools = [host.tool(name) for name in (*COMPILERS, *BINUTILS)]
    missing = [tool for tool in tools if shutil.which(tool, path=path) is None]
    if missing:
        raise BuildError(
            f"host={host.name} needs {', '.join(missing)}, which this machine does not have.",
            f"install {', '.join(host_packages(host))} (on Debian, `./sconsw host={host.name}` does it as root).",
        )


def host_packages(host: Host, table: Path = PACKAGES) -> list[str]:
    """Return Debian's names of the packages that ``host=`` needs."""
    rows = (line.split("\t") for line in table.read_text().splitlines() if not line.startswith("#"))
    return [row[1] for row in rows if row[0] == host.group]


def cross_compilers(host: Host, cache_root: Path) -> Compilers:
    """Return the compilers for ``host``. Raises BuildError when they are not there."""
    check_cross_tools(host)
    cc, cxx = (host.tool(name) for name in COMPILERS)
    inputs = {
        "host": host.name,
        "compiler": compiler_identity(cc),
        "C++ compiler": compiler_identity(cxx),
        "libc": " ".join(glibc_stubs.libraries_identity(glibc_stubs.find_libraries(cc))),
    }
    libraries = crash_libraries.libraries_folder(host, cache_root)
    tools = _tools(host, cache_root, libraries)
    return Compilers(cc, cxx, key=digest_of(inputs), host=host, tools=str(tools), libraries=str(libraries))


def _tools(host: Host, cache_root: Path, libraries: Path) -> Path:
    """Return the folder with ``PLAIN`` under these names, and with compilers that know of ``libraries``."""
    flags = [f"-isystem{folder}" for folder in crash_libraries.include_folders(libraries)]
    if host.libraries == host.debian:
        folders = crash_libraries.library_folders(libraries)
        flags += [f"-L{folder}" for folder in folders] + [f"-Wl,-rpath-link,{folder}" for folder in folders]
    found = {name: str(shutil.which(host.tool(name))) for name in (*COMPILERS, *PLAIN)}
    scripts = {f"{WITH_LIBRARIES}/{host.tool(name)}": _script([found[name], *flags]) for name in COMPILERS}
    scripts |= {name: _script([found[name]]) for name in PLAIN}
    folder = cache_root / "cross" / f"{host.name}-{digest_of(scripts)[:16]}"
    for name, text in scripts.items():
        write_atomically(folder / name, text, 0o755)
    return folder


def _script(command: list[str]) -> str:
    return f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n'


def emulator_words(compilers: Compilers) -> list[str]:
    """Return the words before a program for ``host=`` that run it here; none for this machine's own.

    Raises BuildError when there is no emulator.
    """
    host = compilers.host
    if host is None:
        return []
    emulator = shutil.which(host.emulator)
    if emulator is None:
        raise BuildError(
            f"host={host.name}: there is no {host.emulator} in PATH to run its programs.", "install qemu-user."
        )
    # Where the libraries are another machine's, those of the cross compiler will do for what links no others.
    own = host.libraries == host.debian
    return [emulator, "-L", compilers.libraries if own else f"/usr/{host.triplet}"]


def search_path(compilers: Compilers, *, with_libraries: bool = False, path: str | None = None) -> str:
    """Return the $PATH on which the binutils for ``host=`` come first, and, if asked for, the compilers for crash."""
    own = [str(Path(compilers.tools, WITH_LIBRARIES))] if with_libraries else []
    return os.pathsep.join((*own, compilers.tools, path or os.environ.get("PATH", os.defpath)))
