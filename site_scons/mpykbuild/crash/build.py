# SPDX-License-Identifier: GPL-3.0-or-later
"""Build crash in a copy of its source. The product keeps what extensions need: the program and the headers.

They are in the product's folder ``tree/``, and ``parse_tree`` reads it like any other built tree. The build never
changes a user's own folder.
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

# The caller unpacks the source with fetch.unpack, so its code is a part of the key too.
MADE_BY = (__name__, "fetch.unpack")
SOURCE_DATE_EPOCH = "1700000000"
OPTIMISATION = "-O2 -g0"
# gcc 15 compiles C as C23 by default, and the C parts of gdb 10 are not C23.
CFLAGS = f"{OPTIMISATION} -std=gnu17"
CXXFLAGS = OPTIMISATION

# Flags for gdb's configure. They leave out the parts that crash never uses, and the libraries that may or may not be on
# the build machine. crash's configure has a buffer of 512 bytes for its whole command.
GDB_CONFIGURE_FLAGS = (
    "--disable-gdbserver", "--disable-sim", "--disable-nls", "--disable-libctf", "--disable-tui", "--disable-werror",
    "--disable-source-highlight", "--disable-inprocess-agent", "--without-guile", "--without-debuginfod",
    "--without-babeltrace", "--without-intel-pt", "--without-xxhash", "--without-lzma",
)  # fmt: skip

# Up to this size a file's content is in the hash. For larger files size and time are enough to notice a change.
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
    """A library that crash uses.

    If ``header`` can be included, the development package is installed. ``packages`` are its names on Debian and
    Fedora. ``define`` and ``link`` are the macro and the linker option that turn a compression library on.
    """

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
    """The properties of the machine that change the product: the compiler, and the installed ones of ``LIBRARIES``."""

    compiler: str
    libraries: tuple[str, ...]

    @property
    def compressors(self) -> tuple[Library, ...]:
        return tuple(library for library in COMPRESSORS if library.name in self.libraries)


def probe_toolchain(path: str | None = None) -> Toolchain:
    """Return gcc's version and the libraries whose headers it finds. ``path`` is $PATH."""
    env = _environment(path)
    asked = "".join(f"#if __has_include(<{row.header}>)\nhave {row.name}\n#endif\n" for row in LIBRARIES)
    what, install = "crash cannot be built: gcc does not work", "install the C and C++ compilers (packages gcc and g++)"
    version = output_of(["gcc", "--version"], env=env, what=what, next_step=install)
    answer = output_of(["gcc", "-E", "-P", "-x", "c", "-"], env=env, text=asked, what=what, next_step=install)
    present = {line.split()[1] for line in answer.splitlines() if line.startswith("have ")}
    return Toolchain(version.splitlines()[0], tuple(row.name for row in LIBRARIES if row.name in present))


@dataclass(frozen=True)
class Steps:
    """The functions that build a prepared tree and check the result. ``crash.cross`` has other ones.

    ``compile`` gets the tree, the log, the number of jobs and the environment. ``check`` gets the tree's folder, the
    tree as it was before the build, the path of the log and the environment. It returns the built tree.
    ``strip`` is the program that removes symbols.
    """

    compile: Callable[[CrashTree, RunLog, int, Mapping[str, str]], None]
    check: Callable[[Path, CrashTree, Path, Mapping[str, str]], CrashTree]
    strip: str = "strip"


def tree_key(root: Path) -> str:
    """Return a hash of all files in a user's crash tree that its build reads."""
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
    """Return the product of a crash, whether it is built already or not.

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
    """Return the product of a user's unbuilt tree. Raises BuildError if its build cannot succeed."""
    crash_tree.check_usable(tree)
    check_buildable(tree, toolchain)
    return crash_product(tree_key(tree.path), tree.version, cache_root, toolchain, tree.target)


def check_buildable(tree: CrashTree, toolchain: Toolchain) -> None:
    """Raise BuildError if crash's own make would fail after minutes, or would download gdb."""
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
    """Raise BuildError unless gdb is there: an archive, Debian's folder ``gdb``, or unpacked with crash's changes."""
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
    """Return the folder of ``wanted``. If it is not there yet, build it.

    ``source`` is a folder, which is copied, or a function that puts the source into an empty folder. ``target`` is the
    crash target. Its default is the target for which the source is configured, else that of this machine. The default
    of ``steps`` are the steps for this machine.
    """
    chosen_steps = steps or Steps(_compile, _checked_program)

    def make(folder: Path) -> None:
        work = _checked_work_folder(folder / "build")
        try:
            _copy_source(source, work)
            root = _tree_root(work)
            tree = crash_tree.parse_tree(root)
            tree = replace(tree, target=target or tree.target)
            check_buildable(tree, toolchain)
            _prepare(tree, toolchain)
            chosen_steps.compile(tree, runlog, jobs, _environment(path, work))
            built = chosen_steps.check(root, tree, runlog.log, _environment(path))
            _prune(built, folder / "tree", _environment(path), chosen_steps.strip)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    facts = {"compiler": toolchain.compiler, "libraries": list(toolchain.libraries)}
    return build_once(wanted, make, facts)


def _checked_work_folder(folder: Path) -> Path:
    """Return ``folder``. Raises BuildError if its path has characters that gdb's configure refuses, such as a space."""
    if re.search(r"[^\w./+~@%=:,-]", str(folder)):
        raise BuildError(
            f"crash cannot be built in {folder}: the path has a space or another character that its makefiles cannot "
            "take.",
            "choose another cache folder with MPYKDUMP_CACHE=/path",
        )
    return folder


def _environment(path: str | None = None, work: Path | None = None) -> dict[str, str]:
    """Return the environment of the build's steps. With ``work``, downloads fail and HOME is ``work``."""
    # MAKEINFO=true skips the manuals of gdb, so texinfo need not be installed.
    more = {"SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH, "CFLAGS": CFLAGS, "CXXFLAGS": CXXFLAGS, "MAKEINFO": "true"}
    env = build_environment(path, **more)
    if work is not None:
        env |= {"HOME": str(work), "PATH": f"{_refuse_downloads(work)}:{env['PATH']}"}
    return env


def _refuse_downloads(work: Path) -> Path:
    """Return a folder with programs that refuse each download. It must come first in $PATH.

    crash's Makefile calls wget if gdb's archive is missing.
    """
    folder = work / ".mpykbuild-bin"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("wget", "curl", "git"):
        script = folder / name
        script.write_text(
            f'#!/bin/sh\necho "the build of crash called: {name} $*; downloads are refused" >&2\nexit 1\n'
        )
        script.chmod(0o755)
    return folder


def _files(root: Path) -> Iterable[Path]:
    for folder, names, files in os.walk(root):
        names[:] = sorted(name for name in names if name not in IGNORED_NAMES)
        for name in files:
            yield Path(folder, name)


def _fingerprint(path: Path, relative: str) -> str:
    """Return a text that changes with the file: the hash of its content, or its size and time, or a link's target."""
    if path.is_symlink():
        return f"link to {path.readlink()}"
    facts = path.stat()
    in_gdb = relative.startswith(("gdb/", "gdb-")) and "/" in relative
    if in_gdb or facts.st_size > HASHED_SIZE or not stat.S_ISREG(facts.st_mode):
        return f"{facts.st_size} {facts.st_mtime_ns}"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _copy_source(source: Path | Callable[[Path], None], work: Path) -> None:
    if isinstance(source, Path):
        # A user's tree may be read-only, but the build writes to the copy. With hard links, a write
        # would change the user's files too.
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
    """Return the folder with defs.h. In an archive it is the only folder at the top; otherwise it is ``work``."""
    if (work / "defs.h").is_file():
        return work
    inner = [child for child in work.iterdir() if (child / "defs.h").is_file()]
    return inner[0] if len(inner) == 1 else work


def _prepare(tree: CrashTree, toolchain: Toolchain) -> None:
    """Remove the files of an unfinished build from the copy, and write our options into crash's ``*.extra`` files."""
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
    """Append those of ``lines`` to the file that it does not have."""
    present = path.read_text().splitlines() if path.is_file() else []
    path.write_text("".join(f"{line}\n" for line in (*present, *(line for line in lines if line not in present))))


def _compile(tree: CrashTree, runlog: RunLog, jobs: int, env: Mapping[str, str]) -> None:
    command = ["make", f"-j{jobs}"]
    if tree.target != host_target().name:
        command.append(f"target={tree.target}")
    # The modes of the new files, which tar may keep later, must not depend on the user's umask.
    runlog.step("make", ["/bin/sh", "-c", 'umask 022 && exec "$@"', "sh", *command], tree.path, env)


def _checked_program(root: Path, wanted: CrashTree, log: Path, env: Mapping[str, str]) -> CrashTree:
    """Run the built program, compare its version, and return the built tree.

    crash's make may end with status 0 without a program.
    """
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
            f"The crash program that was built prints {said.group(1) if said else done.stderr.strip()!r} "
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
    """Copy one file with a fixed mode. For a link, its target is copied."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, copy)
    copy.chmod(0o755 if os.access(path, os.X_OK) and path.name == "crash" else 0o644)
