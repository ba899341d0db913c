# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps that build a static CPython. They are the same for this machine and for another one."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import output_of
from mpykbuild.base.run_log import RunLog
from mpykbuild.python.manifest import Manifest
from mpykbuild.toolchain import archives

# CPython is never installed. The prefix is a fixed text, because it becomes a part of the result.
PREFIX = "/mpykdump"
OPT = "-DNDEBUG -fwrapv -O2 -g0 -Wall"
CFLAGS = "-fPIC -fno-semantic-interposition"
# The first 3.N that reads the Setup.stdlib made by its configure. 3.11 makes the file, but does not read it.
READS_SETUP_STDLIB_SINCE = 12

CONFIGURE_FLAGS = (
    f"--prefix={PREFIX}", "--disable-shared", "--disable-test-modules", "--without-ensurepip", "--without-readline",
    "--without-dtrace", "--without-valgrind", "--without-system-expat", "--without-system-libmpdec", "--quiet",
    # A Python of the build machine must not regenerate any file.
    "PYTHON_FOR_REGEN=false", "PKG_CONFIG=false",
)  # fmt: skip
# configure must not find these headers. Otherwise a library on the build machine would change pyconfig.h or binascii.
UNSEEN_HEADERS = (
    "zlib.h", "bzlib.h", "lzma.h", "uuid.h", "uuid/uuid.h", "readline/readline.h", "editline/readline.h", "curses.h",
    "ncurses.h", "ncurses/ncurses.h", "ncurses/curses.h", "ncursesw/ncurses.h", "ncursesw/curses.h", "panel.h",
    "ncurses/panel.h", "ncursesw/panel.h", "db.h", "gdbm.h", "gdbm-ndbm.h", "gdbm/ndbm.h", "ndbm.h", "ffi.h",
    "sqlite3.h", "openssl/ssl.h", "crypt.h", "rpc/rpc.h", "valgrind/valgrind.h",
)  # fmt: skip
# configure must not look for these functions. Otherwise it would add their libraries to everything that is linked.
UNSEEN_FUNCTIONS = ("crypt", "crypt_r")
# Parts of the C library, which every machine has. Whether configure asks for the first three depends on the machine, so
# they are always linked. crash links them too, and since glibc 2.34 they are empty.
ALWAYS_LINKED = ("-lm", "-ldl", "-lpthread")
LIBC_PARTS = (*ALWAYS_LINKED, "-lutil", "-lrt", "-lc", "-pthread")
# Of these folders only __init__.py is kept. stdlib.lst is compared with the names of folders; the files are not used.
UNUSED_LIB_FOLDERS = frozenset({"__pycache__", "test", "tests", "idle_test", "site-packages", "_bundled"})


@contextmanager
def plain_umask() -> Iterator[None]:
    """Set the umask to 022 inside the block, so that the modes of files do not depend on the user's umask."""
    previous = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(previous)


def bring_source(source: Path | Callable[[Path], None], work: Path) -> Path:
    """Put the source tree into ``work/src``, whatever the name of its own folder is. Return the new path."""
    arrived = work / "arrived"
    if isinstance(source, Path):
        shutil.copytree(source, arrived, symlinks=True)
    else:
        arrived.mkdir(parents=True)
        source(arrived)
    source_root(arrived).rename(work / "src")
    return work / "src"


def source_root(folder: Path) -> Path:
    """Return the CPython tree in ``folder``: the folder itself or its only subfolder that is a tree."""
    inside = [entry for entry in folder.iterdir() if (entry / "configure").is_file()]
    root = inside[0] if len(inside) == 1 and not (folder / "configure").is_file() else folder
    if not (root / "configure").is_file():
        raise BuildError(f"There is no CPython source in {folder}.", "give CPython's own tarball or its unpacked tree")
    return root


def configure_arguments(tree: Path, cc: str) -> list[str]:
    """Return the arguments of configure that are the same for all machines."""
    # configure is called by a relative path, so __FILE__ and VPATH do not contain the build folder. The prefix map
    # removes it from the paths that the compiler itself adds.
    flags = [*CONFIGURE_FLAGS, f"CC={cc}", f"OPT={OPT}", f"CFLAGS={CFLAGS} -ffile-prefix-map={tree.parent}=."]
    unseen = [f"ac_cv_header_{re.sub('[^a-z0-9]', '_', name)}=no" for name in UNSEEN_HEADERS]
    return [*flags, *unseen, *(f"ac_cv_search_{name}=no" for name in UNSEEN_FUNCTIONS)]


def compile_library(
    goal: Manifest, tree: Path, obj: Path, words: list[str], runlog: RunLog, jobs: int, env: Mapping[str, str]
) -> Path:
    """Run configure with ``words`` in ``obj`` and build the interpreter and its library there. Return ``obj``."""
    setup = obj / "Modules" / "Setup.local"
    setup.parent.mkdir(parents=True)
    shutil.copyfile(goal.setup_file, setup)
    # CPython's Makefile makes only the folders that configure knows; zlib/ in our rows is not among them.
    for word in setup.read_text().split():
        if word.endswith(".c"):
            (setup.parent / word).parent.mkdir(parents=True, exist_ok=True)
    configure = os.path.relpath(tree / "configure", obj)
    runlog.step("configure", [configure, *words], obj, {**env, "MODULE_BUILDTYPE": "static"})
    stdlib = obj / "Modules" / "Setup.stdlib"
    if stdlib.is_file() and int(goal.folder.name.partition(".")[2]) < READS_SETUP_STDLIB_SINCE:
        setup.write_text(setup.read_text() + stdlib.read_text())
    runlog.step("compile", ["make", f"-j{jobs}", "python"], obj, env)
    return obj


def keep_product(obj: Path, tree: Path, folder: Path, minor: str, env: Mapping[str, str]) -> None:
    """Copy the files of the product from ``obj``, the build folder, and ``tree``, the source, to ``folder``."""
    words = link_options(obj, env)
    parts = [obj / f"libpython{minor}.a", *(obj / word for word in words if word.endswith(".a"))]
    foreign = [word for word in words if not word.endswith(".a") and word not in LIBC_PARTS]
    if foreign:
        raise BuildError(
            f"CPython would link {' '.join(foreign)}, which is not in the C library.",
            "disable the module that needs it in Setup.local",
        )
    for name in ("lib", "bin"):
        (folder / name).mkdir()
    archives.merge_archives(parts, folder / "lib" / "libpython.a", obj.parent / "merge", env)
    shutil.copytree(tree / "Include", folder / "include")
    shutil.copyfile(obj / "pyconfig.h", folder / "include" / "pyconfig.h")
    shutil.copy(obj / "python", folder / "bin" / "python")
    _keep_lib(tree / "Lib", folder / "lib" / f"python{minor}")
    linked = dict.fromkeys((*ALWAYS_LINKED, *(word for word in words if word in LIBC_PARTS)))
    (folder / "link.txt").write_text(" ".join(linked) + "\n")


def _keep_lib(lib: Path, target: Path) -> None:
    def unwanted(folder: str, names: list[str]) -> set[str]:
        if not UNUSED_LIB_FOLDERS.isdisjoint(Path(folder).relative_to(lib).parts):
            return {name for name in names if name != "__init__.py"}
        return {name for name in names if name.endswith((".pyc", ".exe"))}

    shutil.copytree(lib, target, ignore=unwanted)
    # Without this folder the interpreter prints a warning at each start.
    (target / "lib-dynload").mkdir()


def link_options(obj: Path, env: Mapping[str, str]) -> list[str]:
    """Return what CPython's own Makefile links in addition to the library: each word once, in its order."""
    asker = obj / "ask.mk"
    asker.write_text("include Makefile\nmpyk-ask:\n\t@echo $(LIBS) $(MODLIBS) $(SYSLIBS)\n")
    said = output_of(
        ["make", "-s", "-f", asker.name, "mpyk-ask"],
        cwd=obj,
        env=env,
        what=f"CPython's Makefile in {obj} cannot be read",
    )
    return list(dict.fromkeys(said.split()))


def run_python(folder: Path, arguments: list[str], env: Mapping[str, str]) -> str:
    """Return what the interpreter of the product in ``folder`` prints."""
    return output_of(
        [folder / "bin" / "python", *arguments], env=env, what=f"The Python that was built in {folder} does not run"
    )
