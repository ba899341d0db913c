# SPDX-License-Identifier: GPL-3.0-or-later
"""Build a static, position-independent CPython, which is linked into the extension. The source tree is not changed.

The product has ``lib/libpython.a`` (all objects in one archive), ``include/``, ``bin/python`` with its
``lib/python3.N/`` (this interpreter compiles the bundle's .pyc files), ``builtin.txt`` (its built-in modules),
``link.txt`` (the libraries to link) and ``version.txt``.
"""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from mpykbuild.base import recipe
from mpykbuild.base.cache import Product, build_once
from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import MANIFESTS, PATCHES, PROJECT
from mpykbuild.base.process import build_environment
from mpykbuild.base.run_log import RunLog
from mpykbuild.python import manifest, patches
from mpykbuild.python import steps as python_steps
from mpykbuild.python.manifest import Manifest
from mpykbuild.toolchain import archives
from mpykbuild.toolchain.compilers import compiler_identity

# The caller makes the source with these modules, so their code is a part of the key too.
MADE_BY = (__name__, "fetch.unpack", "python.zlib_source")


def python_product(
    source_key: str,
    version: str,
    cache_root: Path,
    *,
    cc: str = "gcc",
    path: str | None = None,
    manifests: Path = MANIFESTS,
    patch_root: Path = PATCHES,
) -> Product:
    """Return the product. This is quick: it reads small files and asks the compiler for its version.

    ``source_key`` is a hash of the source: the pinned sha256 of a tarball, or ``UserSource.key``.
    ``path`` is $PATH for the tools.
    """
    minor = manifest.minor_of(version)
    wanted = manifest.load_manifest(manifests, minor)
    inputs: dict[str, str | bytes] = {
        "source": source_key,
        "version": version,
        "machine": platform.machine(),
        "compiler": compiler_identity(cc, path),
        **{f"manifest {name}": content for name, content in manifest.manifest_inputs(wanted).items()},
        **{f"patch {name}": content for name, content in patches.patch_inputs(patch_root / minor).items()},
    }
    return recipe.product(cache_root, "cpython", version, MADE_BY, inputs)


def build_python(
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
    """Return the folder of ``wanted``. If it is not there yet, build it.

    ``source`` is an unpacked source tree, which is copied, or a function that puts the source into an empty folder.
    The arguments after ``jobs`` must be the same as those of the call of ``python_product``.
    """
    minor = manifest.minor_of(wanted.name)
    goal = manifest.load_manifest(manifests, minor)

    def make(folder: Path) -> None:
        work = folder / "build"
        env = build_environment(path)
        with python_steps.plain_umask():
            try:
                tree = python_steps.bring_source(source, work)
                manifest.check_source(goal, tree)
                patches.apply_series(patch_root / minor, tree)
                words = python_steps.configure_arguments(tree, cc)
                built = python_steps.compile_library(goal, tree, work / "obj", words, runlog, jobs, env)
                python_steps.keep_product(built, tree, folder, minor, env)
                _verify(goal, wanted, folder, (work, folder, wanted.root, PROJECT), env)
            finally:
                shutil.rmtree(work, ignore_errors=True)

    return build_once(wanted, make, {"version": wanted.name, "compiler": compiler_identity(cc, path)})


def _verify(goal: Manifest, wanted: Product, folder: Path, machine: tuple[Path, ...], env: Mapping[str, str]) -> None:
    """Raise BuildError if the version or the built-in modules are wrong, or a file contains a path of this machine."""
    question = "import sys; print(sys.version.split()[0], *sorted(sys.builtin_module_names))"
    version, *builtin = python_steps.run_python(folder, ["-I", "-S", "-B", "-c", question], env).split()
    if version != wanted.name:
        raise BuildError(
            f"Python {wanted.name} was wanted, but the source built is {version}.", "correct the version or the source"
        )
    manifest.check_builtins(goal, builtin)
    (folder / "builtin.txt").write_text("".join(f"{name}\n" for name in builtin))
    (folder / "version.txt").write_text(f"{wanted.name}\n")
    needles = archives.machine_paths(*machine)
    for name in ("lib/libpython.a", "bin/python"):
        archives.refuse_paths(folder / name, needles)
