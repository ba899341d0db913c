# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the pinned sources from ``sources.json``, and fetch the files of one row.

A row is a release. It has one or more *sets* of files. Each set alone is enough to build the release. A file is pinned
by its hash, so it does not matter which origin delivers it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import SITE_SCONS
from mpykbuild.base.schema import Row, read_json
from mpykbuild.fetch import source_schema
from mpykbuild.fetch.apt_client import AptClient
from mpykbuild.fetch.debian_version import DebianVersion
from mpykbuild.fetch.download import (
    Echo,
    PinnedFile,
    Unavailable,
    check_download,
    downloader,
    is_verified,
    keep_verified,
    readable_size,
)

SOURCES_JSON = SITE_SCONS / "sources.json"


@dataclass(frozen=True)
class UrlOrigin:
    """Upstream's address of a file."""

    url: str

    @property
    def file(self) -> str:
        return self.url.rpartition("/")[2]

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True)
class DebianOrigin:
    """A file of a Debian source package. ``file`` is its name there."""

    package: str
    file: str

    def __str__(self) -> str:
        return f"Debian's source package {self.package}"


@dataclass(frozen=True)
class SourceFile:
    """A pinned file and its origins. The first origin is preferred."""

    wanted: PinnedFile
    origins: tuple[UrlOrigin | DebianOrigin, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names that this file may have in the user's downloads folder: ours, and those at the origins."""
        return tuple(dict.fromkeys((self.wanted.name, *(origin.file for origin in self.origins))))


@dataclass(frozen=True)
class FileSet:
    """The files of a release. ``layout`` is how they become a tree (see :mod:`mpykbuild.fetch.unpack`).

    ``gdb`` is the version of the gdb inside a crash. It is empty for everything else.
    """

    layout: str
    files: tuple[SourceFile, ...]
    gdb: str = ""


@dataclass(frozen=True)
class Source:
    """One release."""

    name: str
    version: str
    sets: tuple[FileSet, ...]
    default: bool = False

    @property
    def minor(self) -> str:
        """The first two numbers of the version: ``3.13`` of ``3.13.15``."""
        return ".".join(self.version.split(".")[:2])

    @property
    def gdb(self) -> str:
        """The gdb version of the first set. It is empty for everything but a crash."""
        return self.sets[0].gdb

    @cached_property
    def key(self) -> str:
        """The sha256 of the hashes of all files from which the release may be built. It needs no download."""
        hashes = [file.wanted.sha256 for files in self.sets for file in files.files]
        return hashlib.sha256("\n".join(hashes).encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Sources:
    """All rows of ``sources.json``."""

    rows: tuple[Source, ...]

    def python(self, wanted: str = "") -> Source:
        """Return the row of a version (``3.13.5``), the newest row of a series (``3.13``), or the default row."""
        return self._choose("python", wanted)

    def crash(self, wanted: str = "") -> Source:
        """Return the row of a crash version, the newest row of a series (``9``, ``8.0``), or the default row."""
        return self._choose("crash", wanted)

    def libdeflate(self) -> Source:
        """Return the default row of libdeflate."""
        return self._choose("libdeflate", "")

    def zlib(self) -> Source:
        """Return the default row of zlib."""
        return self._choose("zlib", "")

    def _choose(self, name: str, wanted: str) -> Source:
        rows = [row for row in self.rows if row.name == name]
        if wanted:
            chosen = [row for row in rows if f"{row.version}.".startswith(f"{wanted}.")]
        else:
            chosen = [row for row in rows if row.default]
        if not chosen:
            raise BuildError(
                f"There is no pinned {name} {wanted}; the versions in site_scons/sources.json are "
                f"{', '.join(row.version for row in rows)}.",
                f"choose one of these, or give the path of a source tree as {name}=, or add a row to sources.json.",
            )
        return max(chosen, key=lambda row: DebianVersion(row.version))


def load_sources(path: Path = SOURCES_JSON) -> Sources:
    """Read ``sources.json``. Raises BuildError with all mistakes of the file."""
    data = read_json(path, source_schema.schema_mistakes)
    return Sources(tuple(_row(row) for row in data["sources"]))


def _row(row: Row) -> Source:
    return Source(row["name"], row["version"], tuple(_set(each) for each in row["sets"]), row.get("default", False))


def _set(data: Row) -> FileSet:
    return FileSet(data["layout"], tuple(_file(each) for each in data["files"]), data.get("gdb", ""))


def _file(data: Row) -> SourceFile:
    origins = (
        UrlOrigin(each["url"]) if "url" in each else DebianOrigin(each["debian"], each["file"])
        for each in data["origins"]
    )
    return SourceFile(PinnedFile(data["name"], data["sha256"], data.get("size")), tuple(origins))


def fetch_source(source: Source, downloads: Path | None, cache_root: Path, echo: Echo = print) -> list[Path]:
    """Return the verified files of the first set whose files are all available, in the set's order.

    A file is taken from ``downloads``, or else from earlier downloads in the cache, or else from its origins. ``echo``
    gets one line for each origin that fails. Raises BuildError if no set is complete, and at once if a file has a
    wrong hash.
    """
    kept = cache_root / "downloads"
    for files in source.sets:
        local_copies = [_local_copy(file, downloads, kept) for file in files.files]
        if all(local_copies):
            return [path for path in local_copies if path]
    apt = AptClient(cache_root / "apt", echo)
    for files in source.sets:
        paths = _fetch_set(files, downloads, kept, apt, echo)
        if paths:
            return paths
    names = " or ".join(" + ".join(file.wanted.name for file in files.files) for files in source.sets)
    raise BuildError(
        f"{source} cannot be fetched from any of its origins. The lines above give the reason for each origin.",
        f"get {names} elsewhere, put it into a folder and give that folder as downloads=DIR; the hash is checked.",
    )


def _local_copy(file: SourceFile, downloads: Path | None, kept: Path) -> Path | None:
    """Return the file if it is in ``downloads`` or among the ``kept`` downloads of the cache, or else None."""
    for path in [downloads / name for name in file.names] if downloads else []:
        if path.is_file():
            # The pinned size is left out, so a file that is too short is a wrong hash too, and not Unavailable.
            check_download(path, PinnedFile(path.name, file.wanted.sha256), str(path.parent))
            return path
    copy = kept / file.wanted.name
    return copy if is_verified(copy, file.wanted) else None


def _fetch_set(files: FileSet, downloads: Path | None, kept: Path, apt: AptClient, echo: Echo) -> list[Path]:
    """Return all files of the set, or an empty list if one of them is not available."""
    paths = []
    for file in files.files:
        path = _local_copy(file, downloads, kept)
        if path is None and downloads is not None:
            echo(f"sources: {file.wanted.name}: not in {downloads}")
        path = path or _fetch_file(file, kept, apt, echo)
        if path is None:
            return []
        paths.append(path)
    return paths


def _fetch_file(file: SourceFile, kept: Path, apt: AptClient, echo: Echo) -> Path | None:
    """Return the file from the first origin that delivers it, or None if no origin does."""
    for origin in file.origins:
        try:
            if isinstance(origin, UrlOrigin):
                path = keep_verified(file.wanted, kept, str(origin), downloader(origin.url, file.wanted))
            else:
                path = apt.fetch_source(origin.package, origin.file, file.wanted, kept)
        except Unavailable as error:
            echo(f"sources: {file.wanted.name}: {origin}: {error}")
        else:
            echo(f"sources: {file.wanted.name}: {readable_size(path.stat().st_size)} from {origin}")
            return path
    return None
