# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools for ``host=``: are they there, and how programs that know nothing of cross building are led to them."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

from mpykbuild import glibcstubs, hostlibraries
from mpykbuild.cache import digest_of
from mpykbuild.cpython import compiler_identity
from mpykbuild.errors import BuildError
from mpykbuild.hosts import Host
from mpykbuild.paths import PROJECT
from mpykbuild.sysroot import Compilers

COMPILERS = ("gcc", "g++")
BINUTILS = ("ar", "ld", "nm", "objcopy", "ranlib", "strip")
# Those that are called by their plain names. The linker is not one of them: this machine's compiler would take it.
PLAIN = ("ar", "nm")
# Where the compilers are that find the unpacked libraries: crash links these, nothing else does.
WITH_LIBRARIES = "with-libraries"
PACKAGES = PROJECT / "requirements" / "system-packages.tsv"


def check(host: Host, path: str | None = None) -> None:
    """Raise BuildError that names what is missing of the tools for ``host``, and the packages that have it."""
    tools = [host.tool(name) for name in (*COMPILERS, *BINUTILS)]
    missing = [tool for tool in tools if shutil.which(tool, path=path) is None]
    if missing:
        raise BuildError(
            f"host={host.name} needs {', '.join(missing)}, which this machine does not have.",
            f"install {', '.join(packages(host))} (on Debian, `./sconsw host={host.name}` does it as root).",
        )


def packages(host: Host, table: Path = PACKAGES) -> list[str]:
    """Return Debian's names of the packages that ``host=`` needs."""
    rows = (line.split("\t") for line in table.read_text().splitlines() if not line.startswith("#"))
    return [row[1] for row in rows if row[0] == host.group]


def compilers(host: Host, cache_root: Path) -> Compilers:
    """Return the compilers for ``host``. Raises BuildError when they are not there."""
    check(host)
    cc, cxx = (host.tool(name) for name in COMPILERS)
    inputs = {
        "host": host.name,
        "compiler": compiler_identity(cc),
        "C++ compiler": compiler_identity(cxx),
        "libc": " ".join(glibcstubs.identity(glibcstubs.find(cc))),
    }
    libraries = hostlibraries.folder(host, cache_root)
    tools = _tools(host, cache_root, libraries)
    return Compilers(cc, cxx, key=digest_of(inputs), host=host, tools=str(tools), libraries=str(libraries))


def _tools(host: Host, cache_root: Path, libraries: Path) -> Path:
    """Return the folder with ``PLAIN`` under these names, and with compilers that know of ``libraries``."""
    flags = [f"-isystem{folder}" for folder in hostlibraries.include_folders(libraries)]
    if host.libraries == host.debian:
        folders = hostlibraries.library_folders(libraries)
        flags += [f"-L{folder}" for folder in folders] + [f"-Wl,-rpath-link,{folder}" for folder in folders]
    found = {name: str(shutil.which(host.tool(name))) for name in (*COMPILERS, *PLAIN)}
    scripts = {f"{WITH_LIBRARIES}/{host.tool(name)}": _script([found[name], *flags]) for name in COMPILERS}
    scripts |= {name: _script([found[name]]) for name in PLAIN}
    folder = cache_root / "cross" / f"{host.name}-{digest_of(scripts)[:16]}"
    (folder / WITH_LIBRARIES).mkdir(parents=True, exist_ok=True)
    for name, text in scripts.items():
        if not (folder / name).is_file():
            fresh = folder / f"{name}.{os.getpid()}"
            fresh.write_text(text)
            fresh.chmod(0o755)
            fresh.replace(folder / name)
    return folder


def _script(command: list[str]) -> str:
    return f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n'


def search_path(compilers: Compilers, *, with_libraries: bool = False, path: str | None = None) -> str:
    """Return the $PATH on which the binutils for ``host=`` come first, and, if asked for, the compilers for crash."""
    own = [str(Path(compilers.tools, WITH_LIBRARIES))] if with_libraries else []
    return os.pathsep.join((*own, compilers.tools, path or os.environ.get("PATH", os.defpath)))
