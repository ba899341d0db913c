# SPDX-License-Identifier: GPL-3.0-or-later
"""Build a static, position-independent CPython out of tree, for linking into the extension.

The product's folder: ``lib/libpython.a`` (everything in one archive), ``include/``, ``bin/python`` with its
``lib/python3.N/`` (it compiles the bundle's .pyc), ``builtin.txt``, ``link.txt`` and ``version.txt``.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from mpykbuild import libmerge, manifest, patches, pysteps
from mpykbuild.cache import Product, build_once, digest_of
from mpykbuild.errors import BuildError
from mpykbuild.manifest import Manifest
from mpykbuild.paths import MANIFESTS, PATCHES, PROJECT
from mpykbuild.runlog import RunLog

RECIPE_FILES = ("cpython.py", "pysteps.py", "libmerge.py", "patches.py")


def compiler_identity(cc: str, path: str | None = None) -> str:
    """Return the line in which the compiler tells its version."""
    try:
        result = subprocess.run(
            [cc, "-v"], env=pysteps.environment(path), text=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
            check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError) as error:
        raise BuildError(f"The C compiler {cc} does not run: {error}.", "install gcc (the package 'gcc')") from error
    lines = [line.strip() for line in result.stderr.splitlines() if " version " in line]
    return lines[-1] if lines else result.stderr.strip()


def product(
    source_key: str,
    version: str,
    cache_root: Path,
    *,
    cc: str = "gcc",
    path: str | None = None,
    manifests: Path = MANIFESTS,
    patch_root: Path = PATCHES,
) -> Product:
    """Return where the built CPython is, or will be. Quick: reads small files and asks the compiler its version.

    ``source_key`` is a hash of the source: the pinned sha256 of a tarball, or ``pysource.UserSource.key``.
    ``path`` is $PATH for the tools.
    """
    minor = manifest.minor_of(version)
    wanted = manifest.load(manifests, minor)
    here = Path(__file__).parent
    inputs: dict[str, str | bytes] = {
        "source": source_key,
        "version": version,
        "machine": platform.machine(),
        "compiler": compiler_identity(cc, path),
        **{f"recipe {name}": (here / name).read_bytes() for name in RECIPE_FILES},
        **{f"manifest {name}": content for name, content in manifest.inputs(wanted).items()},
        **{f"patch {name}": content for name, content in patches.inputs(patch_root / minor).items()},
    }
    return Product(root=cache_root, kind="cpython", name=version, key=digest_of(inputs))


def build(
    wanted: Product,
    source: Path | Callable[[Path], None],
    runlog: RunLog,
    jobs: int,
    *,
    cc: str = "gcc",
    path: str | None = None,
    manifests: Path = MANIFESTS,
    patch_root: Path = PATCHES,
) -> Path:
    """Return the folder of ``wanted``, building it first if need be.

    ``source`` is an unpacked source tree, which is copied, or a function that fills the empty folder it is given.
    The arguments after ``jobs`` must be those given to ``product``.
    """
    minor = manifest.minor_of(wanted.name)
    goal = manifest.load(manifests, minor)

    def make(folder: Path) -> None:
        work = folder / "build"
        env = pysteps.environment(path)
        with pysteps.plain_umask():
            try:
                tree = pysteps.bring(source, work)
                manifest.check_source(goal, tree)
                patches.apply(patch_root / minor, tree, env)
                words = pysteps.configure_words(tree, cc)
                built = pysteps.compile_library(goal, tree, work / "obj", words, runlog, jobs, env)
                pysteps.keep(built, tree, folder, minor, env)
                _verify(goal, wanted, folder, (work, folder, wanted.root, PROJECT), env)
            finally:
                shutil.rmtree(work, ignore_errors=True)

    return build_once(wanted, make, {"version": wanted.name, "compiler": compiler_identity(cc, path)})


def _verify(goal: Manifest, wanted: Product, folder: Path, machine: tuple[Path, ...], env: Mapping[str, str]) -> None:
    """Check the finished product: version, built-in modules, and no path of this machine."""
    question = "import sys; print('.'.join(map(str, sys.version_info[:3])), *sorted(sys.builtin_module_names))"
    version, *builtin = pysteps.run_python(folder, ["-I", "-S", "-B", "-c", question], env).split()
    if not wanted.name.startswith(version):
        raise BuildError(
            f"Python {wanted.name} was wanted, but the source built is {version}.", "correct the version or the source"
        )
    manifest.check_builtins(goal, builtin)
    (folder / "builtin.txt").write_text("".join(f"{name}\n" for name in builtin))
    (folder / "version.txt").write_text(f"{wanted.name}\n")
    needles = libmerge.machine_paths(*machine)
    for name in ("lib/libpython.a", "bin/python"):
        libmerge.refuse_paths(folder / name, needles)
