# SPDX-License-Identifier: GPL-3.0-or-later
"""A CPython source that the user has: an unpacked tree or a tarball. The build only reads it."""

from __future__ import annotations

import hashlib
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.base.cache import digest_of, file_digest, write_atomically
from mpykbuild.base.errors import BuildError
from mpykbuild.fetch.unpack import unpack_tarball

PATCHLEVEL = "Include/patchlevel.h"
NEEDED = (PATCHLEVEL, "configure", "Makefile.pre.in", "Modules/config.c.in", "Lib/os.py")
_VERSION = re.compile(r'#define\s+PY_VERSION\s+"([^"]+)"')

# These files are not hashed and not copied. The build does not read them, or an earlier build in the tree made them.
UNUSED_NAMES = frozenset({".git", ".github", ".hg", "__pycache__"})
UNUSED_FOLDERS = frozenset(
    {"Doc", "Mac", "PC", "PCbuild", "Android", "iOS", "InternalDocs", "build", "Lib/test", "Lib/idlelib/idle_test",
     "Lib/lib2to3/tests", "Lib/site-packages", "Python/frozen_modules", "Python/deepfreeze"}
)  # fmt: skip
UNUSED_SUFFIXES = frozenset({".o", ".a", ".so", ".pyc"})
UNUSED_FILES = frozenset(
    {"Makefile", "Makefile.pre", "config.status", "config.log", "config.cache", "pyconfig.h", "pybuilddir.txt",
     "platform", "python", "_bootstrap_python", "python-config", "python-config.py", "Modules/config.c",
     "Modules/Setup.local", "Modules/Setup.bootstrap", "Modules/Setup.stdlib", "Programs/_freeze_module",
     "Programs/_testembed", "Python/frozen.h", "Modules/ld_so_aix", "Misc/python.pc", "Misc/python-embed.pc"}
)  # fmt: skip


@dataclass(frozen=True)
class UserSource:
    """One source. ``key`` is a hash of its content. ``fill`` puts the tree into a folder."""

    path: Path
    version: str
    key: str
    fill: Callable[[Path], None]


def user_source(path: Path, cache_root: Path) -> UserSource:
    """Return the source of ``python=DIR`` or ``python=TARBALL``. Raises BuildError if it is no CPython source."""
    if path.is_dir():
        return _from_folder(path)
    if path.is_file():
        return _from_tarball(path, cache_root)
    raise BuildError(
        f"python={path}: there is no such folder or file.",
        "give a known version such as python=3.13, or the path of an unpacked CPython source tree or its tarball",
    )


def version_in(text: str, where: object) -> str:
    """Return the version, such as "3.13.15", from the text of patchlevel.h. ``where`` is its place, for the error."""
    found = _VERSION.search(text)
    if not found:
        raise BuildError(
            f"{where} does not define the version of Python (PY_VERSION).", "give a complete CPython source tree"
        )
    return found.group(1)


def _from_folder(folder: Path) -> UserSource:
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise BuildError(
            f"python={folder} is not a CPython source tree: it has no {', no '.join(missing)}.",
            "give the folder that has CPython's 'configure' in it",
        )
    files = sorted(path.as_posix() for path in used_files(folder))
    whole = hashlib.sha256()
    for name in files:
        content = (folder / name).read_bytes()
        whole.update(f"{name}\0{len(content)}\0".encode() + content)

    def fill(target: Path) -> None:
        for name in files:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, target / name)
        (target / "configure").chmod(0o755)
        (target / "install-sh").chmod(0o755)

    return UserSource(folder, version_in((folder / PATCHLEVEL).read_text(), folder), whole.hexdigest(), fill)


def used_files(folder: Path, below: Path = Path()) -> Iterator[Path]:
    """Yield the regular files of a source tree that its build reads, relative to ``folder``."""
    for entry in sorted((folder / below).iterdir()):
        relative = below / entry.name
        if entry.is_symlink() or entry.name in UNUSED_NAMES:
            continue
        if entry.is_dir():
            if relative.as_posix() not in UNUSED_FOLDERS and not (entry / "pyvenv.cfg").exists():
                yield from used_files(folder, relative)
        elif relative.as_posix() not in UNUSED_FILES and entry.suffix not in UNUSED_SUFFIXES:
            yield relative


def _from_tarball(path: Path, cache_root: Path) -> UserSource:
    key = file_digest(path)
    # It takes seconds to find a file in a compressed archive. So the version is cached under the archive's hash.
    note = cache_root / "cpython" / f"version-of-{digest_of({'tarball': key})[:16]}.txt"
    if not note.is_file():
        version = _version_in_tarball(path)
        write_atomically(note, version)

    def fill(target: Path) -> None:
        unpack_tarball(path, target, strip=0)

    return UserSource(path, note.read_text(), key, fill)


def _version_in_tarball(path: Path) -> str:
    with _opened(path) as archive:
        for member in archive:
            if member.name.removeprefix("./").partition("/")[2] == PATCHLEVEL:
                stream = archive.extractfile(member)
                if stream is not None:
                    return version_in(stream.read().decode(), path)
    raise BuildError(f"python={path} is not a CPython source: it has no {PATCHLEVEL}.", "give CPython's own tarball")


def _opened(path: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(path)
    except tarfile.TarError as error:
        raise BuildError(
            f"python={path} is neither a folder nor a tar archive ({error}).", "give CPython's own tarball"
        ) from error
