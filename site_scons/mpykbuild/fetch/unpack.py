# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives become source trees, and nothing outside of the tree is touched.

Owners, special modes and device nodes are not taken over; times are, because make compares them. A member that would
land outside, or that points outside, is an error: a pinned archive has none, so something is wrong with this one.
"""

from __future__ import annotations

import os
import posixpath
import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.patching import apply_patch
from mpykbuild.fetch.sources import FileSet, Source

_NEXT = "get the archive from its origin again; if it is the right one, unpack it yourself and give the folder instead."


def unpack_source(source: Source, files: Sequence[Path], dest: Path) -> None:
    """Make the tree of ``source`` in ``dest`` (made if absent) from what :func:`mpykbuild.sources.fetch` returned."""
    layout = _set_of(source, files).layout
    unpack_tarball(files[0], dest)
    if layout == "crash":
        # crash's own Makefile unpacks and patches the gdb tarball that it finds beside itself.
        for extra, file in zip(files[1:], _set_of(source, files).files[1:], strict=True):
            shutil.copyfile(extra, dest / file.wanted.name)
    elif layout == "debian":
        _unpack_debian(files, dest)


def _set_of(source: Source, files: Sequence[Path]) -> FileSet:
    """Return the set of ``source`` that ``files`` are."""
    for candidate in source.sets:
        if len(candidate.files) == len(files) and all(
            path.name in file.names for path, file in zip(files, candidate.files, strict=True)
        ):
            return candidate
    raise ValueError(f"{[path.name for path in files]} is no set of {source}")


def _unpack_debian(files: Sequence[Path], dest: Path) -> None:
    """Add the further tarballs of a Debian source package (format 3.0) and apply its patches, as dpkg-source does."""
    for path in files[1:]:
        if ".debian.tar" in path.name:
            unpack_tarball(path, dest, strip=0)
        else:
            component = path.name.partition(".orig-")[2].partition(".tar")[0]
            unpack_tarball(path, dest / component)
    patches = dest / "debian" / "patches"
    for line in (patches / "series").read_text().splitlines():
        name = line.partition("#")[0].strip()
        if name:
            apply_patch(patches / name, dest)


def unpack_tarball(archive: Path, dest: Path, strip: int = 1) -> None:
    """Unpack ``archive`` (any compression) into ``dest`` without the first ``strip`` parts of each name."""
    dest.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:*") as tar:
            for member in tar:
                _extract(tar, member, dest, strip, archive)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BuildError(f"{archive} cannot be unpacked into {dest}: {error}.", _NEXT) from error


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, dest: Path, strip: int, archive: Path) -> None:
    name = _inside(member.name, strip, archive)
    if not name:
        return
    path = dest / name
    _refuse_detour(path.parent, dest, archive)
    if member.isdir():
        _refuse_detour(path, dest, archive)
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o755)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if member.isfile():
        _write_file(tar, member, path)
    elif member.issym():
        target = posixpath.join(posixpath.dirname(name), member.linkname)
        if posixpath.isabs(member.linkname) or _leaves(target):
            raise BuildError(f"{archive}: the link {member.name} points outside of the tree.", _NEXT)
        path.symlink_to(member.linkname)
    elif member.islnk():
        original = dest / _inside(member.linkname, strip, archive)
        _refuse_detour(original, dest, archive)
        path.hardlink_to(original)
    else:
        raise BuildError(f"{archive}: {member.name} is neither a file, a folder nor a link.", _NEXT)


def _inside(name: str, strip: int, archive: Path) -> str:
    """Return a member's name below the destination; empty for what stripping takes away."""
    if posixpath.isabs(name) or ".." in name.split("/"):
        raise BuildError(f"{archive}: the member {name} would land outside of the tree.", _NEXT)
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return "/".join(parts[strip:])


def _leaves(path: str) -> bool:
    """Tell whether a relative path ends up above its start."""
    return posixpath.normpath(path).split("/")[0] == ".."


def _refuse_detour(path: Path, dest: Path, archive: Path) -> None:
    """Refuse a path that goes through a link which an earlier member has made."""
    while path != dest:
        if path.is_symlink():
            raise BuildError(f"{archive}: a member would be written through the link {path}.", _NEXT)
        path = path.parent


def _write_file(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    content = tar.extractfile(member)
    assert content is not None
    with content, path.open("xb") as out:
        shutil.copyfileobj(content, out, 1 << 20)
    path.chmod(0o755 if member.mode & 0o100 else 0o644)
    os.utime(path, (member.mtime, member.mtime))
