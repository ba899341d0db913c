# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpack archives into source trees. Nothing outside of the tree is changed.

The times of files are kept, because make compares them. Owners, special modes and device nodes are not. A member that
would be written outside of the tree, or a link that points outside, is an error: no pinned archive has one.
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

_NEXT_STEP = "download the archive again. If the error stays, unpack the archive yourself and give its folder instead."


def unpack_source(source: Source, files: Sequence[Path], dest: Path) -> None:
    """Make the tree of ``source`` in the folder ``dest`` from the files that :func:`sources.fetch_source` returned."""
    layout = _matching_set(source, files).layout
    unpack_tarball(files[0], dest)
    if layout == "crash":
        # crash's own Makefile unpacks and patches the gdb tarball that it finds in its folder.
        for extra, file in zip(files[1:], _matching_set(source, files).files[1:], strict=True):
            shutil.copyfile(extra, dest / file.wanted.name)
    elif layout == "debian":
        _unpack_debian(files, dest)


def _matching_set(source: Source, files: Sequence[Path]) -> FileSet:
    """Return the set of ``source`` to which ``files`` belong."""
    for candidate in source.sets:
        if len(candidate.files) == len(files) and all(
            path.name in file.names for path, file in zip(files, candidate.files, strict=True)
        ):
            return candidate
    raise ValueError(f"{[path.name for path in files]} is not a set of {source}")


def _unpack_debian(files: Sequence[Path], dest: Path) -> None:
    """Unpack the other tarballs of a Debian source package (format 3.0) and apply its patches, as dpkg-source does."""
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
    """Unpack ``archive`` (of any compression) into ``dest``. Remove the first ``strip`` folders from each name."""
    dest.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:*") as tar:
            for member in tar:
                _extract(tar, member, dest, strip, archive)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BuildError(f"{archive} cannot be unpacked into {dest}: {error}.", _NEXT_STEP) from error


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, dest: Path, strip: int, archive: Path) -> None:
    name = _name_in_tree(member.name, strip, archive)
    if not name:
        return
    path = dest / name
    _refuse_link_in_path(path.parent, dest, archive)
    if member.isdir():
        _refuse_link_in_path(path, dest, archive)
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o755)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if member.isfile():
        _write_file(tar, member, path)
    elif member.issym():
        target = posixpath.join(posixpath.dirname(name), member.linkname)
        if posixpath.isabs(member.linkname) or _leads_outside(target):
            raise BuildError(f"{archive}: the link {member.name} points outside of the source tree.", _NEXT_STEP)
        path.symlink_to(member.linkname)
    elif member.islnk():
        original = dest / _name_in_tree(member.linkname, strip, archive)
        _refuse_link_in_path(original, dest, archive)
        path.hardlink_to(original)
    else:
        raise BuildError(f"{archive}: {member.name} is not a file, a folder or a link.", _NEXT_STEP)


def _name_in_tree(name: str, strip: int, archive: Path) -> str:
    """Return a member's path in the tree. It is empty if no part is left after ``strip`` parts are removed."""
    if posixpath.isabs(name) or ".." in name.split("/"):
        raise BuildError(f"{archive}: the member {name} would be written outside of the source tree.", _NEXT_STEP)
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return "/".join(parts[strip:])


def _leads_outside(path: str) -> bool:
    """Return whether a relative path leads to a place above its start."""
    return posixpath.normpath(path).split("/")[0] == ".."


def _refuse_link_in_path(path: Path, dest: Path, archive: Path) -> None:
    """Raise BuildError if a part of ``path`` below ``dest`` is a link, which an earlier member has made."""
    while path != dest:
        if path.is_symlink():
            raise BuildError(f"{archive}: a member would be written through the link {path}.", _NEXT_STEP)
        path = path.parent


def _write_file(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    content = tar.extractfile(member)
    assert content is not None
    with content, path.open("xb") as out:
        shutil.copyfileobj(content, out, 1 << 20)
    path.chmod(0o755 if member.mode & 0o100 else 0o644)
    os.utime(path, (member.mtime, member.mtime))
