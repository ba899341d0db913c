# SPDX-License-Identifier: GPL-3.0-or-later
"""``host=``: build crash for another machine, or prepare the headers of a crash for it.

The product's folder is that of ``crashbuild``. Where only the headers are prepared, ``tree/`` has no program: crash
and its gdb are configured for the machine, which makes all headers that extensions need, and hardly anything compiled.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from mpykbuild import crashbuild, crashtree, hosts
from mpykbuild.cache import Product, digest_of
from mpykbuild.crashbuild import Steps, Toolchain
from mpykbuild.crashtree import CrashTree
from mpykbuild.errors import BuildError
from mpykbuild.hosts import Host
from mpykbuild.runlog import RunLog
from mpykbuild.sysroot import Compilers

# Raise it whenever the recipe below gives another result from the same source.
RECIPE = "1"
# As in crash's own Makefile.
GDB_FLAGS = (
    "--with-separate-debug-dir=/usr/lib/debug", "--with-bugurl=", "--with-expat=no", "--with-python=no", "--disable-sim"
)  # fmt: skip
# What gdb's configure would want to be compiled first. It would only learn from it which formats BFD reads, of which
# no header tells.
NOT_COMPILED = ("maybe-all-bfd", "maybe-all-gdbsupport")
# What configure would learn by linking libraries that only headers are there of.
ASSUMED = {"ac_cv_libgmp": "yes", "ac_cv_libmpfr": "yes", "ac_cv_search_tgetent": "-lncurses"}


def check(version: str, target: str, host: Host) -> None:
    """Raise BuildError for a crash that cannot be built for ``host``."""
    if tuple(int(part) for part in version.split(".")) < hosts.OLDEST_CRASH:
        raise BuildError(
            f"crash {version} cannot be built for host={host.name}: it knows CROSS_COMPILE since 9.0.0.",
            "take crash=9.0.2, or build on such a machine.",
        )
    if target != host.target.name:
        raise BuildError(
            f"host={host.name} with target={target}: a crash for another machine reads that machine's dumps only.",
            f"leave target= away (it is {host.target.name} then).",
        )


def toolchain(compilers: Compilers) -> Toolchain:
    """Return what goes into the product: all of the libraries are in the packages that were unpacked."""
    return Toolchain(compilers.key, tuple(library.name for library in crashbuild.LIBRARIES))


def product(source_key: str, version: str, cache_root: Path, compilers: Compilers) -> Product:
    """Return where the built crash, or its headers, is or will be."""
    assert compilers.host
    inputs = {
        "recipe": f"{RECIPE} {crashbuild.RECIPE}",
        "source": source_key,
        "host": compilers.host.name,
        "makes": compilers.host.crash,
        "compilers": compilers.key,
        "flags": " ".join((crashbuild.CFLAGS, crashbuild.CXXFLAGS, *crashbuild.GDB_CONFIGURE_FLAGS)),
    }
    return Product(root=cache_root, kind="crash", name=f"{version}-{compilers.host.name}", key=digest_of(inputs))


def steps(compilers: Compilers) -> Steps:
    """Return how crashbuild is to go about it; $PATH must lead to crosstools' folder."""
    assert compilers.host
    host = compilers.host
    if host.crash == "program":
        check_program = partial(_checked_program, host, compilers.libraries)
        return Steps(partial(_compile, host), check_program, host.tool("strip"))
    return Steps(partial(_prepare_headers, host), _checked_headers)


def make_words(host: Host) -> list[str]:
    """Return what crash's make is told; ARCH, because it knows machines by ``uname -m`` and not by GNU's names."""
    return ["make", f"CROSS_COMPILE={host.triplet}-", f"ARCH={host.name}"]


def _shell(words: list[str]) -> list[str]:
    """The files that are made must not depend on the user's umask."""
    return ["/bin/sh", "-c", 'umask 022 && exec "$@"', "sh", *words]


def _compile(host: Host, tree: CrashTree, runlog: RunLog, jobs: int, env: Mapping[str, str]) -> None:
    runlog.step("make", _shell([*make_words(host), f"-j{jobs}"]), tree.path, env)


def _checked_program(
    host: Host, libraries: str, root: Path, wanted: CrashTree, log: Path, env: Mapping[str, str]
) -> CrashTree:
    """Return the built tree when its program is one for ``host``, and, if it can be run, says the right version."""
    built = crashtree.parse(root)
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
    done = subprocess.run(
        command, env=dict(env), stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode or f"crash {wanted.release}" not in done.stdout:
        raise BuildError(
            f"{' '.join(command)} ends with status {done.returncode}: {(done.stdout + done.stderr).strip()[-500:]}",
            f"see {log}",
        )


def _prepare_headers(host: Host, tree: CrashTree, runlog: RunLog, jobs: int, env: Mapping[str, str]) -> None:
    root, make = tree.path, make_words(host)
    gdb = root / tree.gdb_name
    assumed = ASSUMED if host.libraries != host.debian else {}
    runlog.step("configure", _shell([*make, "make_configure"]), root, env)
    runlog.step("configure", _shell(["./configure", "-p", "RPMPKG=", "-b"]), root, env)
    if not (gdb / "README").is_file():
        runlog.step("unpack", _shell([*make, "gdb_unzip"]), root, env)
    words = ["./configure", f"--host={host.triplet}", *crashbuild.GDB_CONFIGURE_FLAGS, *GDB_FLAGS]
    runlog.step("configure gdb", _shell(words), gdb, {**env, **assumed})
    own = ["make", f"-j{jobs}", f"CRASH_TARGET={tree.target}"]
    runlog.step("headers", _shell([*own, "all-gnulib", "configure-bfd", "configure-gdbsupport"]), gdb, env)
    runlog.step("headers", _shell([*own, "-C", "bfd", "bfd.h"]), gdb, env)
    left = [word for name in NOT_COMPILED for word in ("-o", name)]
    runlog.step("headers", _shell([*own, *left, "configure-gdb"]), gdb, {**env, **assumed})
    (gdb / "crash.target").write_text(f"{tree.target}\n")


def _checked_headers(root: Path, wanted: CrashTree, log: Path, env: Mapping[str, str]) -> CrashTree:
    made = crashtree.parse(root)
    if not made.configured or made.target != wanted.target or made.release != wanted.release:
        raise BuildError(
            f"The headers of crash {wanted.release} for {wanted.target} were prepared, but the tree is for crash "
            f"{made.release} for {made.target}{'' if made.configured else ', and its gdb is not configured'}.",
            f"see the last lines of {log}",
        )
    return made
