# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a crash source tree, built or not, once into a frozen record. No other module reads its Makefile."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from mpykbuild.base.errors import BuildError
from mpykbuild.crash.bridges import bridge_sources
from mpykbuild.toolchain.crash_targets import TARGETS, host_target, machine_of_elf, target

# The folders with gdb's headers in its built tree, for all releases. A tree need not have all of them. The order is
# that of gdb's own Makefile: the compiler must find gdb/defs.h before every other defs.h.
HEADER_FOLDERS = (
    "gdb", "gdb/common", "gdb/gnulib/import", "gdb/build-gnulib/import", ".", "bfd", "include", "gnulib/import",
    "gnulib",
)  # fmt: skip

MAKEFILE_VARIABLES = ("VERSION", "TARGET", "TARGET_CFLAGS", "GDB", "GDB_FLAGS", "LDFLAGS")
UNPACK_HINT = "give crash= the folder of an unpacked crash source tree (the one with defs.h, Makefile and configure.c)"

GDB_ROW = re.compile(
    r'\{\s*"GDB=(?P<gdb>gdb-[^"]+)"\s*,\s*"(?P<version>[^"]*)".*?"GDB_FLAGS=-D(?P<define>\w+)"', re.DOTALL
)


@dataclass(frozen=True)
class CrashTree:
    """The properties of one crash tree.

    ``release`` is the version in the spelling of the tree (``7.2.8-9.el8``), ``version`` its numeric part (``7.2.8``).
    The program reads the dumps of ``target``, which is a key of ``crash_targets.TARGETS``. It runs on ``host_arch``.
    ``gdb_define`` is passed to the compiler unchanged (``GDB_16_3``). ``flags`` are TARGET_CFLAGS and CFLAGS.extra,
    ``link_flags`` are LDFLAGS and LDFLAGS.extra. ``gdb_dir`` is None if gdb is not unpacked. If ``configured`` is true,
    gdb's headers are complete; if ``built`` is true, the program is there too.
    """

    path: Path
    version: str
    release: str
    target: str
    host_arch: str
    gdb_version: str
    gdb_major: int
    gdb_define: str
    flags: tuple[str, ...]
    link_flags: tuple[str, ...]
    gdb_dir: Path | None
    configured: bool
    built: bool

    @property
    def major(self) -> int:
        """The first number of crash's version."""
        return int(self.version.split(".", maxsplit=1)[0])

    @property
    def program(self) -> Path:
        return self.path / "crash"

    @property
    def gdb_name(self) -> str:
        """The name of gdb's folder and tarball in the Makefile: ``gdb-16.3``."""
        return f"gdb-{self.gdb_version}"


@dataclass(frozen=True)
class _Gdb:
    version: str
    define: str


def parse_tree(path: Path) -> CrashTree:
    """Read the crash tree in ``path``. Raises BuildError if it is not a crash tree or contradicts itself."""
    root = _checked_folder(path)
    makefile = _makefile_variables(root)
    configure = _text(root / "configure.c")
    program = root / "crash"
    release = _release(root, makefile)
    gdb = _gdb(root, makefile, configure)
    gdb_dir = _gdb_dir(root, gdb.version)
    configured = gdb_dir is not None and (gdb_dir / "gdb" / "config.h").is_file()
    built = program.is_file() and configured
    name = _target(root, makefile, gdb_dir)
    flags = makefile["TARGET_CFLAGS"].split() or _default_flags(configure, name)
    return CrashTree(
        path=root,
        version=_numeric(release, root),
        release=release,
        target=name,
        host_arch=_host_arch(program) if built else platform.machine(),
        gdb_version=gdb.version,
        gdb_major=_gdb_major(gdb),
        gdb_define=gdb.define,
        flags=_merged(flags, _extra(root / "CFLAGS.extra")),
        link_flags=_merged(makefile["LDFLAGS"].split(), _extra(root / "LDFLAGS.extra")),
        gdb_dir=gdb_dir,
        configured=configured,
        built=built,
    )


def check_usable(tree: CrashTree, machine: str | None = None) -> None:
    """Raise BuildError if no extension can be built against ``tree``: no bridge for its gdb, or another machine."""
    if tree.gdb_major not in bridge_sources():
        raise BuildError(
            f"The crash tree {tree.path} is crash {tree.release} with gdb {tree.gdb_version}; there is no bridge for "
            f"gdb {tree.gdb_major} in ext/ yet.",
            f"use a crash release with gdb {_listed(bridge_sources())}, "
            f"or write ext/gdb/gdb{tree.gdb_major}_bridge.cpp",
        )
    here = machine or platform.machine()
    if tree.built and tree.host_arch not in host_target(here).machines:
        raise BuildError(
            f"The crash program in {tree.path} runs on {tree.host_arch}, but this machine is {here}.",
            "give crash= an unbuilt copy of the tree (it is then built for this machine), or build on such a machine",
        )


def compile_flags(tree: CrashTree, language: Literal["c", "c++"], machine: str | None = None) -> list[str]:
    """Return -I and -D flags for a C unit that includes crash's defs.h, or a C++ unit that includes gdb's headers.

    The folders are given with -isystem, because we do not fix the warnings of these headers. ``machine`` is the machine
    on which the program runs, by default this one. For another machine the tree may have no program, only headers.
    """
    facts = [f"-D{tree.target}", *tree.flags, f"-D{tree.gdb_define}"]
    if language == "c":
        return ["-isystem", str(tree.path), *facts]
    prepared = tree.built or (machine is not None and tree.configured)
    if not prepared or tree.gdb_dir is None:
        raise BuildError(
            f"The crash tree {tree.path} is not built, but gdb's headers can only be used after gdb's configure ran.",
            "build the tree first (the build does that in a copy when it is given an unbuilt tree)",
        )
    check_usable(tree, machine)
    includes = [word for folder in HEADER_FOLDERS for word in ("-isystem", str(tree.gdb_dir / folder))]
    return [*includes, *facts, "-DCRASH_MERGE"]


def _checked_folder(path: Path) -> Path:
    root = path.expanduser()
    if not root.exists():
        raise BuildError(f"crash={path} does not exist.", UNPACK_HINT)
    if not root.is_dir():
        kind = "a source archive" if ".tar" in root.name or root.suffix in (".tgz", ".rpm", ".dsc") else "a file"
        raise BuildError(f"crash={path} is {kind}, not a folder.", f"unpack it if it is an archive, then {UNPACK_HINT}")
    root = root.resolve()
    if not (root / "defs.h").is_file():
        inner = sorted(child.name for child in root.iterdir() if (child / "defs.h").is_file())
        hint = f"did you mean crash={root / inner[0]}?" if inner else UNPACK_HINT
        raise BuildError(f"crash={path} has no defs.h, so it is not a crash source tree.", hint)
    if not (root / "Makefile").is_file() and not (root / "configure.c").is_file():
        raise BuildError(
            f"crash={path} has crash's defs.h but no Makefile, like a distribution's crash-devel package: "
            "C extensions need no more, but this one needs the headers of crash's gdb too.",
            "give crash= the complete source tree of the same crash version (the distribution's source package)",
        )
    return root


def _makefile_variables(root: Path) -> dict[str, str]:
    text = _text(root / "Makefile")
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name in MAKEFILE_VARIABLES:
            found.setdefault(name, value.strip())
    missing = [name for name in ("TARGET", "GDB", "GDB_FLAGS") if name not in found]
    if missing:
        raise BuildError(
            f"{root / 'Makefile'} is not crash's Makefile: it has no line for {_listed(missing)}.",
            "unpack the crash source again, or run `make unconfig` in it, and repeat",
        )
    return {name: found.get(name, "") for name in MAKEFILE_VARIABLES}


def _release(root: Path, makefile: dict[str, str]) -> str:
    """Return the version of the built program; without one, the version that crash's own configure would find."""
    built = re.search(r'build_version\s*=\s*"([^"]+)"', _text(root / "build_data.c"))
    if built:
        return built.group(1).strip()
    return _first_line(root / ".rh_rpm_package") or makefile["VERSION"]


def _numeric(release: str, root: Path) -> str:
    match = re.match(r"\d+(\.\d+)+", release)
    if not match:
        said = f"says {release!r}" if release else "does not say it"
        raise BuildError(
            f"The version of the crash tree {root} cannot be read: the tree {said} in build_data.c, .rh_rpm_package or "
            "VERSION= of the Makefile.",
            f"write the version into the tree, for example: echo 9.0.2 > {root / '.rh_rpm_package'}",
        )
    return match.group(0)


def _gdb(root: Path, makefile: dict[str, str], configure: str) -> _Gdb:
    """Return the gdb for which the tree is configured or, if it is not, would be configured."""
    rows = {row["define"]: row["gdb"].removeprefix("gdb-") for row in GDB_ROW.finditer(configure)}
    configured = makefile["GDB"].removeprefix("gdb-")
    define = re.search(r"-D(GDB_\w+)", makefile["GDB_FLAGS"])
    if configured and define:
        return _consistent(_Gdb(configured, define.group(1)), root)
    override = _gdb_override(root, rows)
    if override:
        return override
    default = re.search(r"\bdefault_gdb\s*=\s*(\w+)\s*;", configure)
    version = configured or (rows.get(default.group(1), "") if default else "")
    if not version:
        raise BuildError(
            f"The gdb of the crash tree {root} cannot be read: GDB= in its Makefile is empty, and its configure.c has "
            "no table that names a default.",
            "unpack the crash source again, or run `make` in a copy of it and give that as crash=",
        )
    written = next((name for name, row in rows.items() if row == version), "GDB_" + re.sub(r"\W", "_", version))
    return _Gdb(version, written)


def _gdb_override(root: Path, rows: dict[str, str]) -> _Gdb | None:
    """Return the row of configure.c's table that the file .gdb chooses. Like crash, ignore a file that names no row."""
    for line in _text(root / ".gdb").splitlines():
        for define, version in rows.items():
            if line.strip() == version:
                return _Gdb(version, define)
    return None


def _consistent(gdb: _Gdb, root: Path) -> _Gdb:
    """Return ``gdb``. Raises BuildError if version and define have different majors.

    The minors may differ: defs.h has only some defines, so a fork with a newer minor keeps an older define.
    """
    if gdb.define.split("_")[1] != re.split(r"\W", gdb.version)[0]:
        raise BuildError(
            f"{root / 'Makefile'} contradicts itself: GDB=gdb-{gdb.version}, but GDB_FLAGS=-D{gdb.define}.",
            "run `make clean` and `make` in the tree, or unpack it again",
        )
    return gdb


def _gdb_major(gdb: _Gdb) -> int:
    number = re.match(r"\d+", gdb.version)
    return int(number.group(0)) if number else 0


def _gdb_dir(root: Path, version: str) -> Path | None:
    """Return the folder of gdb; None if it is not unpacked.

    It is ``gdb-VERSION``, or ``gdb`` in Debian's source package before the build. The check for gdbtypes.h skips the
    link ``gdb`` that ``make glink`` makes, because that leads to another folder.
    """
    for folder in (root / f"gdb-{version}", root / "gdb"):
        if (folder / "gdb" / "gdbtypes.h").is_file():
            return folder
    return None


def _target(root: Path, makefile: dict[str, str], gdb_dir: Path | None) -> str:
    configured = makefile["TARGET"]
    unpacked = _first_line(gdb_dir / "crash.target") if gdb_dir else ""
    built = re.search(r'build_target\s*=\s*"([^"]*)"', _text(root / "build_data.c"))
    name = configured or unpacked or (built.group(1) if built else "") or host_target().name
    target(name, f"The crash tree {root}")
    if unpacked and unpacked != name and unpacked in TARGETS:
        raise BuildError(
            f"The crash tree {root} contradicts itself: its Makefile is configured for {name}, but its gdb was built "
            f"for {unpacked}.",
            f"remove {gdb_dir} and run `make clean`, or give crash= a freshly unpacked tree",
        )
    return name


def _default_flags(configure: str, name: str) -> list[str]:
    """Return the TARGET_CFLAGS that configure would write for a native build. Most targets have none."""
    line = re.search(rf'#define\s+TARGET_CFLAGS_{name}\s+"TARGET_CFLAGS=([^"]*)"', configure)
    return line.group(1).split() if line else []


def _host_arch(program: Path) -> str:
    try:
        with program.open("rb") as stream:
            elf = ELFFile(stream)
            return machine_of_elf(elf["e_machine"], elf.elfclass // 8, elf.little_endian)
    except (ELFError, OSError) as error:
        raise BuildError(
            f"{program} is not an ELF program that can be read ({error}).",
            "run `make clean` and `make` in the tree, or give crash= a freshly unpacked tree",
        ) from error


def _extra(path: Path) -> list[str]:
    """Return the words of a CFLAGS.extra or LDFLAGS.extra file. A line that begins with # is a comment."""
    lines = (line.strip() for line in _text(path).splitlines())
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def _merged(*lists: list[str]) -> tuple[str, ...]:
    """Return each word once. configure copies the extra files into the Makefile, so a built tree has flags twice."""
    return tuple(dict.fromkeys(word for words in lists for word in words))


def _listed(words: Iterable[object]) -> str:
    return " or ".join(str(word) for word in words)


def _first_line(path: Path) -> str:
    return next(iter(_text(path).splitlines()), "").strip()


def _text(path: Path) -> str:
    """Return the text of the file; empty if there is no such file, because most of these files are optional."""
    if not path.is_file():
        return ""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BuildError(f"{path} cannot be read: {error.strerror}.", "make the tree readable for you") from error
