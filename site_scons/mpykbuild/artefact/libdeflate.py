# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the part of libdeflate that decompresses zlib streams, as a static library for the extension.

The product has ``lib/libdeflate.a``, ``include/libdeflate.h`` and ``COPYING``, the licence of libdeflate.
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

# The units that libdeflate's CMakeLists.txt lists for decompression and for the zlib format. A unit for another
# processor compiles to an empty object.
UNITS = (
    "lib/adler32.c", "lib/arm/cpu_features.c", "lib/deflate_decompress.c", "lib/utils.c", "lib/x86/cpu_features.c",
    "lib/zlib_decompress.c",
)  # fmt: skip
# Upstream uses these instructions if the assembler knows them. They do not make the checksum of a page faster, so they
# are disabled: the result must not depend on the assembler.
UNUSED_INSTRUCTIONS = ("AVX512VNNI", "AVX_VNNI", "VPCLMULQDQ", "DOTPROD", "SHA3")
CFLAGS = (
    "-std=c99", "-O2", "-g0", "-DNDEBUG", "-fPIC", "-fvisibility=hidden",
    *(f"-DLIBDEFLATE_ASSEMBLER_DOES_NOT_SUPPORT_{name}" for name in UNUSED_INSTRUCTIONS),
)  # fmt: skip
# One command for each unit, because launchers such as ccache handle only those.
COMPILE = 'for unit in $UNITS; do "$@" -c "$unit" -o "$unit.o"; done'


def libdeflate_product(source_key: str, version: str, cache_root: Path, *, cc: str = "gcc") -> Product:
    """Return the product for libdeflate ``version``, built or not. ``source_key`` is a hash of the source."""
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
    """Return the folder of ``wanted``. Build it first if it is not there.

    ``source`` writes libdeflate's tree into the empty folder that it gets. ``cc`` must be the compiler that was given
    to :func:`libdeflate_product`, and ``ar`` must belong to it: a cross compiler makes a library for its machine.
    ``path`` is the $PATH for the tools. Raises BuildError when the source is wrong or a step fails.
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
            "compare UNITS in site_scons/mpykbuild/artefact/libdeflate.py with the CMakeLists.txt of this release.",
        )
    if f'VERSION_STRING\t"{version}"' not in (tree / "libdeflate.h").read_text():
        raise BuildError(f"The source is not that of libdeflate {version}.", "correct the version in sources.json.")


def _compile(tree: Path, runlog: RunLog, tools: tuple[str, str], path: str | None) -> None:
    """Make ``libdeflate.a`` in the folder of the source. Its only member joins the objects of all units."""
    cc, ar = tools
    env = build_environment(path, UNITS=" ".join(UNITS))
    command = [cc, *CFLAGS, f"-ffile-prefix-map={tree}=."]
    runlog.step("compile", ["sh", "-ec", COMPILE, "compile", *command], tree, env)
    objects = [f"{unit}.o" for unit in UNITS]
    runlog.step("join", [cc, "-r", "-nostdlib", "-o", "libdeflate.o", *objects], tree, env)
    runlog.step("archive", [ar, "rcsD", "libdeflate.a", "libdeflate.o"], tree, env)
