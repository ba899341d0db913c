# SPDX-License-Identifier: GPL-3.0-or-later
"""The pinned sources: ``sources.json`` read through a closed schema, and the fetching of one row.

A row is a release. It has one or more *sets* of files; each set alone is enough to build the release. A file is pinned
by its hash, so it does not matter which of its origins gives it.
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
    Unavailable,
    Wanted,
    check_download,
    in_megabytes,
    is_verified,
    keep_verified,
    stream_url,
)

SOURCES_JSON = SITE_SCONS / "sources.json"


@dataclass(frozen=True)
class UrlOrigin:
    """Upstream's own address of a file."""

    url: str

    @property
    def file(self) -> str:
        return self.url.rpartition("/")[2]

    def __str__(self) -> str:
        return self.url


@dataclass(frozen=True)
class DebianOrigin:
    """A file of a Debian source package, under the name that it has there."""

    package: str
    file: str

    def __str__(self) -> str:
        return f"Debian's source package {self.package}"


@dataclass(frozen=True)
class SourceFile:
    """A pinned file and where it can come from, in order of preference."""

    wanted: Wanted
    origins: tuple[UrlOrigin | DebianOrigin, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All names under which people keep this file."""
        return tuple(dict.fromkeys((self.wanted.name, *(origin.file for origin in self.origins))))


@dataclass(frozen=True)
class FileSet:
    """Files that make up a release together. ``layout`` tells how they become a tree (see :mod:`mpykbuild.unpack`).

    ``gdb`` is the version of the gdb inside a crash, empty for everything else.
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
        """The gdb version of the preferred set; empty for everything but a crash."""
        return self.sets[0].gdb

    @cached_property
    def key(self) -> str:
        """Digest of everything the release may be built from, known without fetching any of it."""
        hashes = [file.wanted.sha256 for files in self.sets for file in files.files]
        return hashlib.sha256("\n".join(hashes).encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True)
class Sources:
    """All rows of ``sources.json``."""

    rows: tuple[Source, ...]

    def python(self, wanted: str = "") -> Source:
        """Return the row of a version (``3.13.5``), the newest of a minor (``3.13``), or the default."""
        return self._choose("python", wanted)

    def crash(self, wanted: str = "") -> Source:
        """Return the row of a crash version, the newest of a series (``9``, ``8.0``), or the default."""
        return self._choose("crash", wanted)

    def libdeflate(self) -> Source:
        """Return the default row of libdeflate."""
        return self._choose("libdeflate", "")

    def _choose(self, name: str, wanted: str) -> Source:
        rows = [row for row in self.rows if row.name == name]
        if wanted:
            chosen = [row for row in rows if f"{row.version}.".startswith(f"{wanted}.")]
        else:
            chosen = [row for row in rows if row.default]
        if not chosen:
            raise BuildError(
                f"There is no pinned {name} {wanted}; site_scons/sources.json has "
                f"{', '.join(row.version for row in rows)}.",
                f"choose one of these, give {name}= the path of a source tree, or add a row to sources.json.",
            )
        return max(chosen, key=lambda row: DebianVersion(row.version))


def load_sources(path: Path = SOURCES_JSON) -> Sources:
    """Read ``sources.json``. Raises BuildError with all mistakes at once."""
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
    return SourceFile(Wanted(data["name"], data["sha256"], data.get("size")), tuple(origins))


def fetch_source(source: Source, downloads: Path | None, cache_root: Path, echo: Echo = print) -> list[Path]:
    """Return the verified files of the first set that can be had, in the set's order.

    Looks into ``downloads`` first, then into what was downloaded before, then asks the origins. Each failure is told
    in one line. Raises BuildError when no set is complete, and at once when a file has a wrong hash.
    """
    shelf = cache_root / "downloads"
    for files in source.sets:
        at_hand = [_at_hand(file, downloads, shelf) for file in files.files]
        if all(at_hand):
            return [path for path in at_hand if path]
    apt = AptClient(cache_root / "apt", echo)
    for files in source.sets:
        paths = _fetch_set(files, downloads, shelf, apt, echo)
        if paths:
            return paths
    names = " or ".join(" + ".join(file.wanted.name for file in files.files) for files in source.sets)
    raise BuildError(
        f"{source} cannot be had from any of its origins (each is told above).",
        f"get {names} elsewhere, put it into a folder and give that as downloads=DIR; its hash is checked.",
    )


def _at_hand(file: SourceFile, downloads: Path | None, shelf: Path) -> Path | None:
    """Return the file if the user has put it into ``downloads`` or it was downloaded before."""
    for path in [downloads / name for name in file.names] if downloads else []:
        if path.is_file():
            # Without its size: what is too short here is not going to grow, so it is as wrong as anything else.
            check_download(path, Wanted(path.name, file.wanted.sha256), str(path.parent))
            return path
    kept = shelf / file.wanted.name
    return kept if is_verified(kept, file.wanted) else None


def _fetch_set(files: FileSet, downloads: Path | None, shelf: Path, apt: AptClient, echo: Echo) -> list[Path]:
    """Return all files of the set, or none as soon as one cannot be had."""
    paths = []
    for file in files.files:
        path = _at_hand(file, downloads, shelf)
        if path is None and downloads is not None:
            echo(f"sources: {file.wanted.name}: not in {downloads}")
        path = path or _fetch_file(file, shelf, apt, echo)
        if path is None:
            return []
        paths.append(path)
    return paths


def _fetch_file(file: SourceFile, shelf: Path, apt: AptClient, echo: Echo) -> Path | None:
    """Return the file from the first origin that answers; None if none does."""
    for origin in file.origins:
        try:
            if isinstance(origin, UrlOrigin):
                path = keep_verified(file.wanted, shelf, str(origin), stream_url(origin.url, file.wanted))
            else:
                path = apt.fetch_source(origin.package, origin.file, file.wanted, shelf)
        except Unavailable as error:
            echo(f"sources: {file.wanted.name}: {origin}: {error}")
        else:
            echo(f"sources: {file.wanted.name}: {in_megabytes(path.stat().st_size)} from {origin}")
            return path
    return None
