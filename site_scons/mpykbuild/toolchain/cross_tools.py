# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools for ``host=``: check that they are installed, and make scripts that call them.

The scripts are for makefiles that cannot cross build: such makefiles call the tools by their plain names.
"""

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
# The makefiles call these tools by their plain names. The linker must not be one of them: this machine's own compiler
# would use it.
PLAIN_NAMES = ("ar", "nm")
# The folder of the compilers that find the unpacked libraries. Only crash is linked with these libraries.
WITH_LIBRARIES = "with-libraries"
PACKAGES = PROJECT / "requirements" / "system-packages.tsv"


def check_cross_tools(host: Host, path: str | None = None) -> None:
    """Raise BuildError if tools for ``host`` are missing. The error names the tools and the packages to install."""
    tools = [host.tool(name) for name in (*COMPILERS, *BINUTILS)]
    missing = [tool for tool in tools if shutil.which(tool, path=path) is None]
    if missing:
        raise BuildError(
            f"host={host.name} needs {', '.join(missing)}, which this machine does not have.",
            f"install {', '.join(host_packages(host))} (as root on Debian, `./sconsw host={host.name}` installs them).",
        )


def host_packages(host: Host, table: Path = PACKAGES) -> list[str]:
    """Return Debian's names of the packages that ``host=`` needs."""
    rows = (line.split("\t") for line in table.read_text().splitlines() if not line.startswith("#"))
    return [row[1] for row in rows if row[0] == host.group]


def cross_compilers(host: Host, cache_root: Path) -> Compilers:
    """Return the compilers for ``host``. Raises BuildError if they are not installed."""
    check_cross_tools(host)
    cc, cxx = (host.tool(name) for name in COMPILERS)
    inputs = {
        "host": host.name,
        "compiler": compiler_identity(cc),
        "C++ compiler": compiler_identity(cxx),
        "libc": " ".join(glibc_stubs.libraries_identity(glibc_stubs.find_libraries(cc))),
    }
    libraries = crash_libraries.libraries_folder(host, cache_root)
    tools = _tools_folder(host, cache_root, libraries)
    return Compilers(cc, cxx, key=digest_of(inputs), host=host, tools=str(tools), libraries=str(libraries))


def _tools_folder(host: Host, cache_root: Path, libraries: Path) -> Path:
    """Return the folder of the scripts: the tools ``PLAIN_NAMES``, and compilers that find ``libraries``."""
    flags = [f"-isystem{folder}" for folder in crash_libraries.include_folders(libraries)]
    if host.libraries == host.debian:
        folders = crash_libraries.library_folders(libraries)
        flags += [f"-L{folder}" for folder in folders] + [f"-Wl,-rpath-link,{folder}" for folder in folders]
    found = {name: str(shutil.which(host.tool(name))) for name in (*COMPILERS, *PLAIN_NAMES)}
    scripts = {f"{WITH_LIBRARIES}/{host.tool(name)}": _script([found[name], *flags]) for name in COMPILERS}
    scripts |= {name: _script([found[name]]) for name in PLAIN_NAMES}
    folder = cache_root / "cross" / f"{host.name}-{digest_of(scripts)[:16]}"
    for name, text in scripts.items():
        write_atomically(folder / name, text, 0o755)
    return folder


def _script(command: list[str]) -> str:
    return f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n'


def emulator_command(compilers: Compilers) -> list[str]:
    """Return the emulator's command, to put before a program for ``host=``. It is empty for this machine's programs.

    Raises BuildError if the emulator is not installed.
    """
    host = compilers.host
    if host is None:
        return []
    emulator = shutil.which(host.emulator)
    if emulator is None:
        raise BuildError(
            f"host={host.name}: there is no {host.emulator} in PATH, which runs its programs.", "install qemu-user."
        )
    # If the unpacked libraries are for another machine, only programs that need no others than the cross compiler's
    # own libraries can run.
    own = host.libraries == host.debian
    return [emulator, "-L", compilers.libraries if own else f"/usr/{host.triplet}"]


def search_path(compilers: Compilers, *, with_libraries: bool = False, path: str | None = None) -> str:
    """Return the $PATH for a build with ``host=``: the binutils come first, or even before them crash's compilers.

    ``with_libraries`` adds crash's compilers. ``path`` is the rest of the $PATH, by default the user's.
    """
    own = [str(Path(compilers.tools, WITH_LIBRARIES))] if with_libraries else []
    return os.pathsep.join((*own, compilers.tools, path or os.environ.get("PATH", os.defpath)))
