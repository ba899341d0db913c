# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose Debian's binary packages from the machine's mirrors and unpack them into a folder. Nothing is installed."""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from mpykbuild.base.cache import locked, partial_path, put_in_place
from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import PIPE, output_of, started
from mpykbuild.fetch.apt_client import BinaryPackage


class Fetcher(Protocol):
    """What fetches a package: AptClient, or a fake in a test."""

    def fetch_binary(self, package: BinaryPackage, dest: Path) -> Path: ...


class Client(Fetcher, Protocol):
    """What lists and fetches packages: AptClient, or a fake in a test."""

    def binaries(self, name_regex: str, suites: Sequence[str] | None = None) -> list[BinaryPackage]: ...


def newest_packages(suite: str, client: Client, names: Sequence[str]) -> list[BinaryPackage]:
    """Return the newest version of each of the packages ``names`` in ``suite``. Raises BuildError if one is missing."""
    found = client.binaries("|".join(re.escape(name) for name in names), (suite,))
    newest = {package.name: package for package in reversed(found)}
    missing = [name for name in names if name not in newest]
    if missing:
        raise BuildError(
            f"No Debian mirror of this machine has {', '.join(missing)} of {suite}.",
            "use another suite, or unpack the packages yourself and give that folder.",
        )
    return [newest[name] for name in names]


def unpacked_once(
    place: Path,
    packages: Callable[[], Iterable[BinaryPackage]],
    apt: Fetcher,
    downloads: Path,
    adapt: Callable[[Path], None] | None = None,
) -> Path:
    """Return the folder ``place`` with the content of the packages. Fetch and unpack them if it does not exist.

    ``adapt`` can change the content before the folder gets its final name. An existing folder is never updated: remove
    it to get newer packages. ``downloads`` keeps the fetched packages.
    """
    with locked(place.with_name(place.name + ".lock")):
        if not place.is_dir():
            unpack_packages(packages(), place, downloads, apt, adapt)
    return place


def unpack_packages(
    packages: Iterable[BinaryPackage],
    place: Path,
    downloads: Path,
    apt: Fetcher,
    adapt: Callable[[Path], None] | None = None,
) -> None:
    """Make the folder ``place`` from the packages. ``downloads`` keeps the fetched packages."""
    work = partial_path(place)
    work.mkdir(parents=True)
    for package in packages:
        unpack_package(apt.fetch_binary(package, downloads), work)
    if adapt:
        adapt(work)
    put_in_place(work, place, place.is_dir)


def unpack_package(package: Path, folder: Path) -> None:
    """Unpack the files of one .deb into ``folder``."""
    output_of(["dpkg-deb", "--extract", package, folder], what=f"{package} cannot be unpacked")


@contextmanager
def members_of_package(package: Path) -> Iterator[tarfile.TarFile]:
    """Yield the files of a .deb as a tar stream. Nothing is written to disk, and the caller may stop reading early."""
    with started(["dpkg-deb", "--fsys-tarfile", package], stdout=PIPE) as process:
        assert process.stdout is not None
        try:
            with tarfile.open(fileobj=process.stdout, mode="r|") as tar:
                yield tar
        except tarfile.TarError as error:
            raise BuildError(f"{package} cannot be unpacked: {error}.") from error


def make_links_relative(root: Path) -> None:
    """Make absolute symbolic links in ``root`` relative, so that they lead to files in ``root``, not in ``/``."""
    for link in root.rglob("*"):
        if link.is_symlink() and link.readlink().is_absolute():
            target = root / link.readlink().relative_to("/")
            link.unlink()
            link.symlink_to(os.path.relpath(target, link.parent))
