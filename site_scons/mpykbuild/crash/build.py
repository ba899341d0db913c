# SPDX-License-Identifier: GPL-3.0-or-later
"""Build crash in a copy of its source, and keep what extensions need: the program and the headers.

The product's folder holds ``tree/``, which ``parse_tree`` reads like any built tree. A user's own folder is only
ever read.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import stat
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mpykbuild.base import recipe
from mpykbuild.base.cache import Product, build_once
from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import build_environment, output_of, run
from mpykbuild.base.run_log import RunLog
from mpykbuild.crash import tree as crash_tree
from mpykbuild.crash.tree import CrashTree
from mpykbuild.toolchain.crash_targets import host_target

# The source is unpacked by the caller; how that is done counts as well.
MADE_BY = (__name__, "fetch.unpack")
SOURCE_DATE_EPOCH = "1700000000"
OPTIMISATION = "-O2 -g0"
# gcc 15 compiles C as C23 by default, and the C parts of gdb 10 are not C23.
CFLAGS = f"{OPTIMISATION} -std=gnu17"
CXXFLAGS = OPTIMISATION

# Flags for gdb's configure: parts that crash never uses are left out, and libraries that only happen to be on the
# machine do not change the program. crash's configure has 512 bytes for all of it.
GDB_CONFIGURE_FLAGS = (
    "--disable-gdbserver", "--disable-sim", "--disable-nls", "--disable-libctf", "--disable-tui", "--disable-werror",
    "--disable-source-highlight", "--disable-inprocess-agent", "--without-guile", "--without-debuginfod",
    "--without-babeltrace", "--without-intel-pt", "--without-xxhash", "--without-lzma",
)  # fmt: skip

# Content of small files is hashed, of others only size and time: that is enough to notice an edit, and quick.
HASHED_SIZE = 1 << 20
IGNORED_NAMES = frozenset({".git", ".svn", ".hg", ".pc", "__pycache__", "RPMBUILD"})
KEPT_GDB_FOLDERS = ("gdb", "gdbsupport", "gnulib", "bfd", "include", "libdecnumber", "readline", "zlib")
KEPT_GDB_SUFFIXES = frozenset({".h", ".def", ".inc"})
KEPT_GDB_FILES = frozenset({"version.in", "crash.target"})
DROPPED_GDB_FOLDERS = frozenset({"testsuite", "po", "doc", "tests", "contrib", "examples"})
KEPT_TOP_SUFFIXES = frozenset({".h"})
KEPT_TOP_FILES = frozenset(
    {"crash", "Makefile", "build_data.c", ".rh_rpm_package", "configure.c", "CFLAGS.extra", "LDFLAGS.extra",
     "COPYING", "COPYING3", "README"}
)  # fmt: skip


@dataclass(frozen=True)
class Library:
    """A library of crash's: ``header`` proves that its development package is there; ``package`` on Debian, Fedora."""

    name: str
    header: str
    packages: str
    define: str = ""
    link: str = ""


NEEDED = (
    Library("zlib", "zlib.h", "zlib1g-dev (Debian), zlib-devel (Fedora)"),
    Library("ncurses", "curses.h", "libncurses-dev (Debian), ncurses-devel (Fedora)"),
)
NEEDED_BY_NEW_GDB = (
    Library("gmp", "gmp.h", "libgmp-dev (Debian), gmp-devel (Fedora)"),
    Library("mpfr", "mpfr.h", "libmpfr-dev (Debian), mpfr-devel (Fedora)"),
)
COMPRESSORS = (
    Library("lzo", "lzo/lzo1x.h", "liblzo2-dev (Debian), lzo-devel (Fedora)", "LZO", "-llzo2"),
    Library("snappy", "snappy-c.h", "libsnappy-dev (Debian), snappy-devel (Fedora)", "SNAPPY", "-lsnappy"),
    Library("zstd", "zstd.h", "libzstd-dev (Debian), libzstd-devel (Fedora)", "ZSTD", "-lzstd"),
)
LIBRARIES = (*NEEDED, *NEEDED_BY_NEW_GDB, *COMPRESSORS)


@dataclass(frozen=True)
class Toolchain:
    """What of the machine goes into the product: the compiler, and which of ``LIBRARIES`` can be compiled against."""

    compiler: str
    libraries: tuple[str, ...]

    @property
    def compressors(self) -> tuple[Library, ...]:
        return tuple(library for library in COMPRESSORS if library.name in self.libraries)


def probe_toolchain(path: str | None = None) -> Toolchain:
    """Ask gcc for its version and for the headers of all libraries, in two quick runs. ``path`` is $PATH."""
    env = _environment(path)
    asked = "".join(f"#if __has_include(<{row.header}>)\nhave {row.name}\n#endif\n" for row in LIBRARIES)
    what, install = "crash cannot be built: gcc does not work", "install the C and C++ compilers (packages gcc and g++)"
    version = output_of(["gcc", "--version"], env=env, what=what, next_step=install)
    answer = output_of(["gcc", "-E", "-P", "-x", "c", "-"], env=env, text=asked, what=what, next_step=install)
    present = {line.split()[1] for line in answer.splitlines() if line.startswith("have ")}
    return Toolchain(version.splitlines()[0], tuple(row.name for row in LIBRARIES if row.name in present))


@dataclass(frozen=True)
class Steps:
    """How a prepared tree becomes a built one, and how that is checked; ``crash.cross`` has other steps.

    ``compile`` gets the tree, the log, the number of jobs and the environment; ``check`` the tree's folder, the tree
    that was wanted, the log's path and the environment, and returns the tree that was built.
    """

    compile: Callable[[CrashTree, RunLog, int, Mapping[str, str]], None]
    check: Callable[[Path, CrashTree, Path, Mapping[str, str]], CrashTree]
    strip: str = "strip"


def tree_key(root: Path) -> str:
    """Return a digest of everything in a user's crash tree that its build reads."""
    inputs = hashlib.sha256()
    for path in sorted(_files(root)):
        relative = path.relative_to(root).as_posix()
        try:
            inputs.update(f"{relative}\0{_fingerprint(path, relative)}\0".encode(errors="surrogateescape"))
        except OSError as error:
            raise BuildError(
                f"{path} in the crash tree cannot be read: {error.strerror}.", "make the whole tree readable for you"
            ) from error
    return inputs.hexdigest()


def crash_product(
    source_key: str, version: str, cache_root: Path, toolchain: Toolchain, target: str | None = None
) -> Product:
    """Return where the built crash is, or will be.

    ``source_key`` is a hash of the source: the sha256 of pinned archives, or ``tree_key`` of a user's tree.
    ``target`` is the crash target, by default that of this machine.
    """
    machine = platform.machine()
    own = host_target(machine).name
    inputs = {
        "source": source_key,
        "machine": machine,
        "target": target or own,
        "compiler": toolchain.compiler,
        "libraries": " ".join(toolchain.libraries),
        "flags": " ".join((CFLAGS, CXXFLAGS, *GDB_CONFIGURE_FLAGS)),
    }
    name = version if target in (None, own) else f"{version}-{target.lower()}"
    return recipe.product(cache_root, "crash", name, MADE_BY, inputs)


def crash_product_of_tree(tree: CrashTree, cache_root: Path, toolchain: Toolchain) -> Product:
    """Return the product of a user's unbuilt tree; raise BuildError at once when its build cannot succeed."""
    crash_tree.check_usable(tree)
    check_buildable(tree, toolchain)
    return crash_product(tree_key(tree.path), tree.version, cache_root, toolchain, tree.target)


def check_buildable(tree: CrashTree, toolchain: Toolchain) -> None:
    """Raise BuildError for what would make crash's own make fail late, or reach for the network."""
    _check_gdb_source(tree)
    needed = NEEDED + (NEEDED_BY_NEW_GDB if tree.gdb_major >= 11 else ())
    missing = [row for row in needed if row.name not in toolchain.libraries]
    if missing:
        raise BuildError(
            f"crash {tree.version} cannot be built: the headers of {', '.join(row.name for row in missing)} are not "
            "installed.",
            f"install {'; '.join(row.packages for row in missing)}",
        )


def _check_gdb_source(tree: CrashTree) -> None:
    """gdb must be there: as an archive, as Debian's folder gdb, or as a folder that has crash's changes in it."""
    archive = tree.path / f"{tree.gdb_name}.tar.gz"
    if archive.is_file():
        return
    if tree.gdb_dir is None:
        raise BuildError(
            f"The crash tree {tree.path} has neither the folder {tree.gdb_name} nor {archive.name}, so gdb, which "
            "is a part of crash, cannot be built.",
            f"put {archive.name} (from https://ftp.gnu.org/gnu/gdb/) into {tree.path}",
        )
    patch = f"{tree.gdb_name}.patch"
    patched = (tree.gdb_dir / patch).is_file() or not (tree.path / patch).is_file()
    if tree.gdb_dir.name == tree.gdb_name and not patched:
        raise BuildError(
            f"{tree.gdb_dir} was unpacked by hand: crash's own changes to gdb ({patch}) are not in it, and crash's "
            "make applies them only when it unpacks the archive itself.",
            f"run `make gdb_patch GDB={tree.gdb_name}` in {tree.path}, or put {archive.name} there",
        )


def build_crash(
    wanted: Product,
    source: Path | Callable[[Path], None],
    runlog: RunLog,
    jobs: int,
    toolchain: Toolchain,
    path: str | None = None,
    target: str | None = None,
    steps: Steps | None = None,
) -> Path:
    """Return the folder of ``wanted``, building it first if need be.

    ``source`` is a folder, which is copied, or a function that fills the empty folder it is given. ``target`` is the
    crash target, by default what the source is configured for, else that of this machine; ``steps`` are by default
    those for this machine.
    """
    way = steps or Steps(_compile, _checked)

    def make(folder: Path) -> None:
        work = _workable(folder / "build")
        try:
            _bring(source, work)
            root = _tree_root(work)
            tree = crash_tree.parse_tree(root)
            tree = replace(tree, target=target or tree.target)
            check_buildable(tree, toolchain)
            _prepare(tree, toolchain)
            way.compile(tree, runlog, jobs, _environment(path, work))
            built = way.check(root, tree, runlog.log, _environment(path))
            _prune(built, folder / "tree", _environment(path), way.strip)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    facts = {"compiler": toolchain.compiler, "libraries": list(toolchain.libraries)}
    return build_once(wanted, make, facts)


def _workable(folder: Path) -> Path:
    """gdb's configure refuses to work in a folder whose path has characters that the shell knows."""
    if re.search(r"[^\w./+~@%=:,-]", str(folder)):
        raise BuildError(
            f"crash cannot be built in {folder}: the path has a space or another character that its makefiles cannot "
            "take.",
            "choose another cache folder with MPYKDUMP_CACHE=/path",
        )
    return folder


def _environment(path: str | None = None, work: Path | None = None) -> dict[str, str]:
    """Return the environment of the build's steps; with ``work`` nothing is downloaded and HOME is there."""
    # The manuals of gdb are not wanted, and texinfo need not be installed.
    more = {"SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH, "CFLAGS": CFLAGS, "CXXFLAGS": CXXFLAGS, "MAKEINFO": "true"}
    env = build_environment(path, **more)
    if work is not None:
        env |= {"HOME": str(work), "PATH": f"{_refuse_downloads(work)}:{env['PATH']}"}
    return env


def _refuse_downloads(work: Path) -> Path:
    """crash's Makefile calls wget when it misses gdb's archive: put one that says no in front of the real one."""
    folder = work / ".mpykbuild-bin"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("wget", "curl", "git"):
        script = folder / name
        script.write_text(f'#!/bin/sh\necho "the build of crash tried: {name} $*; downloads are refused" >&2\nexit 1\n')
        script.chmod(0o755)
    return folder


def _files(root: Path) -> Iterable[Path]:
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in IGNORED_NAMES)
        for name in files:
            yield Path(folder, name)


def _fingerprint(path: Path, relative: str) -> str:
    if path.is_symlink():
        return f"link to {path.readlink()}"
    facts = path.stat()
    in_gdb = relative.startswith(("gdb/", "gdb-")) and "/" in relative
    if in_gdb or facts.st_size > HASHED_SIZE or not stat.S_ISREG(facts.st_mode):
        return f"{facts.st_size} {facts.st_mtime_ns}"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _bring(source: Path | Callable[[Path], None], work: Path) -> None:
    if isinstance(source, Path):
        # A user's tree may be read-only; the copy must not be, and it must not share files by hard links.
        shutil.copytree(source, work, symlinks=True, ignore=shutil.ignore_patterns(*IGNORED_NAMES))
        for folder, _, files in os.walk(work):
            for name in (".", *files):
                path = Path(folder, name)
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | stat.S_IWUSR | stat.S_IRUSR)
    else:
        work.mkdir(parents=True)
        source(work)


def _tree_root(work: Path) -> Path:
    """Archives have one folder at the top, folders have none."""
    if (work / "defs.h").is_file():
        return work
    inner = [child for child in work.iterdir() if (child / "defs.h").is_file()]
    return inner[0] if len(inner) == 1 else work


def _prepare(tree: CrashTree, toolchain: Toolchain) -> None:
    """Forget an earlier, unfinished build in the copy, and write the files with which crash's configure is extended."""
    root = tree.path
    archive = root / f"{tree.gdb_name}.tar.gz"
    if tree.gdb_dir is not None and archive.is_file():
        shutil.rmtree(tree.gdb_dir)
    for pattern in ("*.o", "crash", "crashlib.a", "build_data.c", "configure"):
        for leftover in root.glob(pattern):
            leftover.unlink()
    (root / ".rh_rpm_package").write_text(tree.release + "\n")
    headers = (root / "defs.h").read_text(errors="replace")
    usable = [row for row in toolchain.compressors if re.search(rf"^#ifdef {row.define}\b", headers, re.MULTILINE)]
    _add_lines(root / "CFLAGS.extra", [f"-D{row.define}" for row in usable])
    _add_lines(root / "LDFLAGS.extra", [row.link for row in usable])
    _add_lines(root / "GDBFLAGS.extra", GDB_CONFIGURE_FLAGS)


def _add_lines(path: Path, lines: Iterable[str]) -> None:
    present = path.read_text().splitlines() if path.is_file() else []
    path.write_text("".join(f"{line}\n" for line in (*present, *(line for line in lines if line not in present))))


def _compile(tree: CrashTree, runlog: RunLog, jobs: int, env: Mapping[str, str]) -> None:
    command = ["make", f"-j{jobs}"]
    if tree.target != host_target().name:
        command.append(f"target={tree.target}")
    # The files that are made, and so what tar keeps of them later, must not depend on the user's umask.
    runlog.step("make", ["/bin/sh", "-c", 'umask 022 && exec "$@"', "sh", *command], tree.path, env)


def _checked(root: Path, wanted: CrashTree, log: Path, env: Mapping[str, str]) -> CrashTree:
    """crash's make may end with 0 although there is no program: run it, and compare what it says it is."""
    program = root / "crash"
    if not program.is_file():
        raise BuildError(
            f"The build of crash {wanted.version} ended without an error but made no crash program.",
            f"see the last lines of {log}",
        )
    done = run([program, "-v"], env=env, cwd=root)
    said = re.search(r"^crash (\S+)", done.stdout, re.MULTILINE)
    if done.status or not said or said.group(1) != wanted.release:
        raise BuildError(
            f"The crash program that was built says {said.group(1) if said else done.stderr.strip()!r} "
            f"(status {done.status}), but version {wanted.release} was expected.",
            f"see {log}",
        )
    return crash_tree.parse_tree(root)


def _prune(tree: CrashTree, target: Path, env: Mapping[str, str], strip: str) -> None:
    """Copy the program, if there is one, and the headers to ``target``."""
    assert tree.gdb_dir is not None
    target.mkdir(parents=True)
    for path in sorted(tree.path.iterdir()):
        if path.is_file() and (path.name in KEPT_TOP_FILES or path.suffix in KEPT_TOP_SUFFIXES):
            _keep(path, target / path.name)
    kept = target / tree.gdb_dir.name
    for name in KEPT_GDB_FILES:
        if (tree.gdb_dir / name).is_file():
            _keep(tree.gdb_dir / name, kept / name)
    for folder in KEPT_GDB_FOLDERS:
        for path in _headers(tree.gdb_dir / folder):
            _keep(path, kept / path.relative_to(tree.gdb_dir))
    if (target / "crash").is_file():
        output_of([strip, "--strip-unneeded", target / "crash"], env=env)


def _headers(root: Path) -> Iterable[Path]:
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in DROPPED_GDB_FOLDERS)
        for name in sorted(files):
            path = Path(folder, name)
            if path.is_file() and (path.suffix in KEPT_GDB_SUFFIXES or name in KEPT_GDB_FILES):
                yield path


def _keep(path: Path, copy: Path) -> None:
    """Copy one file (a link's target, not the link) with a fixed mode."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, copy)
    copy.chmod(0o755 if os.access(path, os.X_OK) and path.name == "crash" else 0o644)
