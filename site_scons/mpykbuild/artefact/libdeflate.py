# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the part of libdeflate that reads zlib streams, as a static library for linking into the extension.

The product's folder: ``lib/libdeflate.a``, ``include/libdeflate.h`` and ``COPYING``, its licence.
"""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable
from pathlib import Path

from mpykbuild.base import recipe
from mpykbuild.base.cache import Product, build_once
from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import PROJECT
from mpykbuild.base.process import build_environment
from mpykbuild.base.run_log import RunLog
from mpykbuild.toolchain import archives
from mpykbuild.toolchain.compilers import compiler_identity

# What its CMakeLists.txt lists for decompression and for the zlib format, without compression. A unit that is meant for
# another machine compiles to nothing.
UNITS = (
    "lib/adler32.c", "lib/arm/cpu_features.c", "lib/deflate_decompress.c", "lib/utils.c", "lib/x86/cpu_features.c",
    "lib/zlib_decompress.c",
)  # fmt: skip
# Upstream asks the assembler whether it knows what the compiler does. The checksum of a page gains nothing by these,
# and what is built shall not depend on the assembler.
UNUSED_INSTRUCTIONS = ("AVX512VNNI", "AVX_VNNI", "VPCLMULQDQ", "DOTPROD", "SHA3")
CFLAGS = (
    "-std=c99", "-O2", "-g0", "-DNDEBUG", "-fPIC", "-fvisibility=hidden",
    *(f"-DLIBDEFLATE_ASSEMBLER_DOES_NOT_SUPPORT_{name}" for name in UNUSED_INSTRUCTIONS),
)  # fmt: skip
# Each unit by a command of its own: a launcher knows no other.
COMPILE = 'for unit in $UNITS; do "$@" -c "$unit" -o "$unit.o"; done'


def libdeflate_product(source_key: str, version: str, cache_root: Path, *, cc: str = "gcc") -> Product:
    """Return where the built library is, or will be. ``source_key`` is a hash of the source."""
    inputs: dict[str, str | bytes] = {
        "source": source_key,
        "version": version,
        "machine": platform.machine(),
        "compiler": f"{Path(cc).name}: {compiler_identity(cc)}",
    }
    return recipe.product(cache_root, "libdeflate", version, (__name__, "fetch.unpack"), inputs)


def build_libdeflate(
    wanted: Product,
    source: Callable[[Path], None],
    runlog: RunLog,
    *,
    cc: str = "gcc",
    ar: str = "ar",
    path: str | None = None,
) -> Path:
    """Return the folder of ``wanted``, building it first if need be.

    ``source`` fills the empty folder it is given with libdeflate's tree. ``cc`` must be that given to ``product``; a
    cross-compiler, with the ``ar`` that goes with it, makes the library for its own machine. ``path`` is $PATH for the
    tools.
    """

    def make(folder: Path) -> None:
        tree = folder / "build"
        tree.mkdir()
        source(tree)
        _check_source(tree, wanted.name)
        _compile(tree, runlog, (cc, ar), path)
        for kept in ("lib/libdeflate.a", "include/libdeflate.h", "COPYING"):
            (folder / kept).parent.mkdir(exist_ok=True)
            shutil.copyfile(tree / Path(kept).name, folder / kept)
        archives.refuse_paths(folder / "lib/libdeflate.a", archives.machine_paths(tree, folder, wanted.root, PROJECT))
        shutil.rmtree(tree)

    return build_once(wanted, make, {"version": wanted.name, "compiler": compiler_identity(cc)})


def _check_source(tree: Path, version: str) -> None:
    missing = [name for name in (*UNITS, "libdeflate.h", "COPYING") if not (tree / name).is_file()]
    if missing:
        raise BuildError(
            f"The source of libdeflate has no {', '.join(missing)}.",
            "compare UNITS in site_scons/mpykbuild/libdeflate.py with the CMakeLists.txt of this release",
        )
    if f'VERSION_STRING\t"{version}"' not in (tree / "libdeflate.h").read_text():
        raise BuildError(f"The source is not that of libdeflate {version}.", "correct the version in sources.json")


def _compile(tree: Path, runlog: RunLog, tools: tuple[str, str], path: str | None) -> None:
    """Make ``libdeflate.a``, with one object of all units, in the folder of the source."""
    cc, ar = tools
    env = build_environment(path, UNITS=" ".join(UNITS))
    command = [cc, *CFLAGS, f"-ffile-prefix-map={tree}=."]
    runlog.step("compile", ["sh", "-ec", COMPILE, "compile", *command], tree, env)
    objects = [f"{unit}.o" for unit in UNITS]
    runlog.step("join", [cc, "-r", "-nostdlib", "-o", "libdeflate.o", *objects], tree, env)
    runlog.step("archive", [ar, "rcsD", "libdeflate.a", "libdeflate.o"], tree, env)
