# SPDX-License-Identifier: GPL-3.0-or-later
"""``host=``: build crash for another machine, or prepare the headers of a crash for it.

The product has the same files as that of ``crash.build``. If only the headers are prepared, ``tree/`` has no program.
Then crash and its gdb are configured for the other machine, and almost nothing is compiled. This makes all the headers
that extensions need.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from mpykbuild.base import recipe
from mpykbuild.base.cache import Product
from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import output_of, run
from mpykbuild.base.run_log import RunLog
from mpykbuild.crash import build as crash_build
from mpykbuild.crash import tree as crash_tree
from mpykbuild.crash.build import Steps, Toolchain
from mpykbuild.crash.tree import CrashTree
from mpykbuild.toolchain import crash_libraries, glibc_stubs, hosts
from mpykbuild.toolchain.compilers import Compilers
from mpykbuild.toolchain.hosts import Host

MADE_BY = (__name__, "fetch.unpack")
# The same flags as in crash's own Makefile.
GDB_FLAGS = (
    "--with-separate-debug-dir=/usr/lib/debug", "--with-bugurl=", "--with-expat=no", "--with-python=no", "--disable-sim"
)  # fmt: skip
# gdb's makefile would compile these before it runs gdb's configure. configure would only find out which file formats
# BFD reads, and no header depends on that.
NOT_COMPILED = ("maybe-all-bfd", "maybe-all-gdbsupport")
# The libraries that gdb's configure tries to link.
LINKED_BY_CONFIGURE = ("libgmp.so", "libmpfr.so", "libtinfo.so")


def check_crash_for_host(version: str, target: str, host: Host) -> None:
    """Raise BuildError for a crash that cannot be built for ``host``."""
    if tuple(int(part) for part in version.split(".")) < hosts.OLDEST_CRASH:
        oldest = ".".join(map(str, hosts.OLDEST_CRASH))
        raise BuildError(
            f"crash {version} cannot be built for host={host.name}: it knows CROSS_COMPILE since {oldest}.",
            f"give a crash since {oldest}, or build on a machine of type {host.name}.",
        )
    if target != host.target.name:
        raise BuildError(
            f"host={host.name} with target={target}: a crash for another machine reads that machine's dumps only.",
            f"omit target= (it is {host.target.name} then).",
        )


def cross_toolchain(compilers: Compilers) -> Toolchain:
    """Return the compilers and the libraries for the product. All libraries are in the unpacked packages."""
    return Toolchain(compilers.key, tuple(library.name for library in crash_build.LIBRARIES))


def cross_crash_product(source_key: str, version: str, cache_root: Path, compilers: Compilers) -> Product:
    """Return the product with the built crash, or with its headers, for the host of ``compilers``."""
    assert compilers.host
    inputs = {
        "source": source_key,
        "host": compilers.host.name,
        "makes": compilers.host.crash,
        "compilers": compilers.key,
        "flags": " ".join((crash_build.CFLAGS, crash_build.CXXFLAGS, *crash_build.GDB_CONFIGURE_FLAGS)),
    }
    return recipe.product(cache_root, "crash", f"{version}-{compilers.host.name}", MADE_BY, inputs)


def cross_steps(compilers: Compilers) -> Steps:
    """Return the steps for ``build_crash``. Its $PATH must contain the folder of cross_tools."""
    assert compilers.host
    host = compilers.host
    if host.crash == "program":
        check_program = partial(_checked_program, host, compilers.libraries)
        return Steps(partial(_compile, host), check_program, host.tool("strip"))
    return Steps(partial(_prepare_headers, host, Path(compilers.libraries)), _checked_headers)


def make_command(host: Host) -> list[str]:
    """Return the command for crash's make. It needs ARCH, because it uses the names of ``uname -m``, not GNU's."""
    return ["make", f"CROSS_COMPILE={host.triplet}-", f"ARCH={host.name}"]


def _shell(words: list[str]) -> list[str]:
    """Return a command that runs ``words`` with the umask 022. So the modes of files do not depend on the user."""
    return ["/bin/sh", "-c", 'umask 022 && exec "$@"', "sh", *words]


def _compile(host: Host, tree: CrashTree, runlog: RunLog, jobs: int, env: Mapping[str, str]) -> None:
    runlog.step("make", _shell([*make_command(host), f"-j{jobs}"]), tree.path, env)


def _checked_program(
    host: Host, libraries: str, root: Path, wanted: CrashTree, log: Path, env: Mapping[str, str]
) -> CrashTree:
    """Return the built tree. Raises BuildError if its program is not for ``host`` or has another version.

    The version is checked only if qemu-user is installed.
    """
    built = crash_tree.parse_tree(root)
    if not built.built or built.host_arch != host.name or built.release != wanted.release:
        found = f"crash {built.release} for {built.host_arch}" if built.built else "no crash program"
        raise BuildError(
            f"The build of crash {wanted.release} for {host.name} ended without an error but made {found}.",
            f"see the last lines of {log}",
        )
    emulator = shutil.which(host.emulator)
    if emulator is not None:
        _run_program([emulator, "-L", libraries, str(root / "crash"), "-v"], wanted, log, env)
    return built


def _run_program(command: list[str], wanted: CrashTree, log: Path, env: Mapping[str, str]) -> None:
    done = run(command, env=env)
    if done.status or f"crash {wanted.release}" not in done.stdout:
        raise BuildError(
            f"{' '.join(command)} ends with status {done.status}: {done.output[-500:]}",
            f"see {log}",
        )


def make_library_stubs(host: Host, libraries: Path, folder: Path) -> None:
    """Make libraries for ``host`` in ``folder``. They define the names of those in ``libraries``, but have no code."""
    folder.mkdir(parents=True)
    for name in LINKED_BY_CONFIGURE:
        original = next(place / name for place in crash_libraries.library_folders(libraries) if (place / name).exists())
        with original.open("rb") as stream:
            section = ELFFile(stream).get_section_by_name(".dynsym")
            rows = section.iter_symbols() if isinstance(section, SymbolTableSection) else iter(())
            names = sorted({row.name for row in rows if row.name and row["st_shndx"] != "SHN_UNDEF"})
        text = folder / f"{name}.s"
        text.write_text(
            glibc_stubs.stub_source([glibc_stubs.VersionedSymbol(word, (), "STT_FUNC", 0) for word in names])
        )
        output_of([host.tool("gcc"), "-shared", "-nostdlib", "-o", str(folder / name), str(text)])


def _prepare_headers(
    host: Host, libraries: Path, tree: CrashTree, runlog: RunLog, jobs: int, environment: Mapping[str, str]
) -> None:
    root, make, env = tree.path, make_command(host), dict(environment)
    gdb = root / tree.gdb_name
    if host.libraries != host.debian:
        make_library_stubs(host, libraries, root / ".mpykbuild-libraries")
        env["LDFLAGS"] = f"-L{root / '.mpykbuild-libraries'}"
    runlog.step("configure", _shell([*make, "make_configure"]), root, env)
    runlog.step("configure", _shell(["./configure", "-p", "RPMPKG=", "-b"]), root, env)
    if not (gdb / "README").is_file():
        runlog.step("unpack", _shell([*make, "gdb_unzip"]), root, env)
    words = ["./configure", f"--host={host.triplet}", *crash_build.GDB_CONFIGURE_FLAGS, *GDB_FLAGS]
    runlog.step("configure gdb", _shell(words), gdb, env)
    own = ["make", f"-j{jobs}", f"CRASH_TARGET={tree.target}"]
    runlog.step("headers", _shell([*own, "all-gnulib", "configure-bfd", "configure-gdbsupport"]), gdb, env)
    runlog.step("headers", _shell([*own, "-C", "bfd", "bfd.h"]), gdb, env)
    left = [word for name in NOT_COMPILED for word in ("-o", name)]
    runlog.step("headers", _shell([*own, *left, "configure-gdb"]), gdb, env)
    (gdb / "crash.target").write_text(f"{tree.target}\n")


def _checked_headers(root: Path, wanted: CrashTree, log: Path, env: Mapping[str, str]) -> CrashTree:
    made = crash_tree.parse_tree(root)
    if not made.configured or made.target != wanted.target or made.release != wanted.release:
        raise BuildError(
            f"The headers of crash {wanted.release} for {wanted.target} were prepared, but the tree is for crash "
            f"{made.release} for {made.target}{'' if made.configured else ', and its gdb is not configured'}.",
            f"see the last lines of {log}",
        )
    return made
