# SPDX-License-Identifier: GPL-3.0-or-later
"""``host=``: build the static CPython for another machine. This needs the product of the same source for this machine.

The product has the same files as that of ``native``, but two interpreters. ``bin/python`` runs on this machine,
because it compiles the bundle's .pyc files. ``bin/python-<host>`` runs on the other machine.
"""

from __future__ import annotations

import platform
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from mpykbuild.base import recipe
from mpykbuild.base.cache import Product, build_once
from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import MANIFESTS, PATCHES, PROJECT
from mpykbuild.base.process import build_environment, output_of
from mpykbuild.base.run_log import RunLog
from mpykbuild.python import manifest, patches
from mpykbuild.python import steps as python_steps
from mpykbuild.python.manifest import Manifest
from mpykbuild.python.user_source import version_in
from mpykbuild.toolchain import archives, hosts
from mpykbuild.toolchain.compilers import Compilers
from mpykbuild.toolchain.hosts import Host

# Answers to the questions for which configure would run a program on the other machine.
CONFIGURE_ANSWERS = (
    "ac_cv_buggy_getaddrinfo=no", "ac_cv_file__dev_ptmx=no", "ac_cv_file__dev_ptc=no", "ac_cv_pthread=yes",
    "ac_cv_aligned_required=no", "ac_cv_working_tzset=yes", "ac_cv_broken_sem_getvalue=no",
)  # fmt: skip
# configure sets it to the interpreter of --with-build-python, so it must not be among our arguments.
SET_BY_CONFIGURE = "PYTHON_FOR_REGEN="
QUESTION = (
    "import sys, importlib.util as u;"
    "print('.'.join(map(str, sys.version_info[:3])), u.MAGIC_NUMBER.hex(), *sorted(sys.builtin_module_names))"
)
_BUILTIN_ROW = re.compile(r'^\s*\{"(\w+)", \w+\},', re.MULTILINE)


def check_python_for_host(version: str, host: Host) -> None:
    """Raise BuildError for a release that cannot be built for another machine."""
    if tuple(int(part) for part in version.split(".")[:2]) < hosts.OLDEST_PYTHON:
        oldest = ".".join(map(str, hosts.OLDEST_PYTHON))
        raise BuildError(
            f"Python {version} cannot be built for host={host.name}: --with-build-python is new in {oldest}.",
            f"give python={oldest} or a newer release, or build on a machine of type {host.name}.",
        )


def cross_python_product(native: Product, cache_root: Path, compilers: Compilers) -> Product:
    """Return the product for the host of ``compilers``. ``native`` is this machine's product of the same source."""
    assert compilers.host
    inputs = {"native": native.key, "compilers": compilers.key}
    name = f"{native.name}-{compilers.host.name}"
    return recipe.product(cache_root, "cpython", name, (__name__, "fetch.unpack"), inputs)


def build_cross_python(
    wanted: Product,
    native: Callable[[], Path],
    source: Path | Callable[[Path], None],
    runlog: RunLog,
    jobs: int,
    compilers: Compilers,
    *,
    path: str | None = None,
    manifests: Path = MANIFESTS,
    patch_root: Path = PATCHES,
) -> Path:
    """Return the folder of ``wanted``. If it is not there yet, build it.

    ``native`` returns this machine's product. ``path`` is a $PATH with the compilers and the folder of cross_tools.
    """
    assert compilers.host
    host, version = compilers.host, wanted.name.removesuffix(f"-{compilers.host.name}")
    minor = manifest.minor_of(version)
    goal = manifest.load_manifest(manifests, minor)

    def make(folder: Path) -> None:
        own = native()
        work = folder / "build"
        env = build_environment(path)
        with python_steps.plain_umask():
            try:
                tree = python_steps.bring_source(source, work)
                manifest.check_source(goal, tree)
                patches.apply_series(patch_root / minor, tree)
                words = configure_arguments(tree, own, compilers)
                obj = python_steps.compile_library(goal, tree, work / "obj", words, runlog, jobs, env)
                python_steps.keep_product(obj, tree, folder, minor, env)
                _put_both_interpreters(folder, own, host)
                _verify(goal, version, (obj / "Modules" / "config.c").read_text(), folder, compilers, env)
                _refuse_paths(folder, host, (work, folder, wanted.root, PROJECT))
            finally:
                shutil.rmtree(work, ignore_errors=True)

    return build_once(wanted, make, {"version": version, "host": host.name, "compiler": compilers.cc})


def configure_arguments(tree: Path, own: Path, compilers: Compilers) -> list[str]:
    """Return the arguments of configure."""
    assert compilers.host
    words = [
        word for word in python_steps.configure_arguments(tree, compilers.cc) if not word.startswith(SET_BY_CONFIGURE)
    ]
    words += [f"--host={compilers.host.triplet}", f"--build={platform.machine()}-linux-gnu"]
    words += [f"--with-build-python={own / 'bin' / 'python'}", f"CXX={compilers.cxx}"]
    return [*words, *CONFIGURE_ANSWERS]


def _put_both_interpreters(folder: Path, own: Path, host: Host) -> None:
    """Rename the new interpreter to ``bin/python-<host>``, and copy this machine's to ``bin/python``."""
    place = folder / "bin" / "python"
    place.rename(folder / "bin" / f"python-{host.name}")
    shutil.copy(own / "bin" / "python", place)


def _verify(
    goal: Manifest, version: str, config: str, folder: Path, compilers: Compilers, env: Mapping[str, str]
) -> None:
    """Check the version, and the built-in modules in config.c. With qemu-user, run the new interpreter too."""
    builtin = frozenset(_BUILTIN_ROW.findall(config))
    header = folder / "include" / "patchlevel.h"
    built = version_in(header.read_text(), header)
    if built != version:
        raise BuildError(
            f"Python {version} was wanted, but the source built is {built}.", "correct the version or the source"
        )
    manifest.check_builtins(goal, builtin)
    (folder / "builtin.txt").write_text("".join(f"{name}\n" for name in sorted(builtin)))
    (folder / "version.txt").write_text(f"{version}\n")
    _compare_interpreters(folder, builtin, compilers, env)


def _refuse_paths(folder: Path, host: Host, machine: tuple[Path, ...]) -> None:
    for name in ("lib/libpython.a", f"bin/python-{host.name}"):
        archives.refuse_paths(folder / name, archives.machine_paths(*machine))


def _compare_interpreters(folder: Path, builtin: frozenset[str], compilers: Compilers, env: Mapping[str, str]) -> None:
    """Raise BuildError if the two interpreters differ in version, magic number of .pyc files or built-in modules.

    Without qemu-user the other machine's interpreter cannot run, and nothing is compared.
    """
    assert compilers.host
    host, arguments = compilers.host, ["-I", "-S", "-B", "-c", QUESTION]
    emulator = shutil.which(host.emulator)
    if emulator is None:
        return
    release, magic, *_ = python_steps.run_python(folder, arguments, env).split()
    command = [emulator, "-L", f"/usr/{host.triplet}", str(folder / "bin" / f"python-{host.name}"), *arguments]
    said = output_of(command, env=env, what=f"The Python that was built for {host.name} does not run")
    if said.split() != [release, magic, *sorted(builtin)]:
        raise BuildError(
            f"The Python that was built for {host.name} differs from this machine's: {said.strip()}\ninstead of "
            f"{release} {magic} {' '.join(sorted(builtin))}",
            "remove both products from the cache and build again",
        )
