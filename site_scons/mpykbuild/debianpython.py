# SPDX-License-Identifier: GPL-3.0-or-later
"""``python=prebuilt:3.N``: Debian's newest packages of that Python, unpacked in the cache; nothing is installed.

Once there they stay as they are: whoever wants newer ones removes the folder.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from mpykbuild.aptclient import AptClient, BinaryPackage
from mpykbuild.cache import locked, partial_path, put_in_place
from mpykbuild.errors import BuildError

# Headers and the static library; the two halves of the standard library.
PACKAGES = ("libpython{}-dev", "libpython{}-minimal", "libpython{}-stdlib")


class Fetcher(Protocol):
    """What is asked of aptclient.AptClient to get a package."""

    def fetch_binary(self, package: BinaryPackage, dest: Path) -> Path: ...


class Client(Fetcher, Protocol):
    """What is asked of aptclient.AptClient."""

    def binaries(self, name_regex: str) -> list[BinaryPackage]: ...


def is_minor(word: str) -> bool:
    """Return whether the word after ``prebuilt:`` asks for Debian's packages of a release."""
    return bool(re.fullmatch(r"3\.\d+", word))


def folder(minor: str, cache_root: Path, client: Client | None = None) -> Path:
    """Return where the packages of ``minor`` are unpacked, fetching them first if need be."""
    place = cache_root / "prebuilt" / f"debian-{minor}"
    with locked(place.with_name(place.name + ".lock")):
        if not place.is_dir():
            apt = client or AptClient(cache_root / "apt")
            unpack(chosen(minor, apt), place, cache_root / "downloads", apt)
    return place


def chosen(minor: str, client: Client) -> list[BinaryPackage]:
    """Return the packages in their newest version that a mirror has whole."""
    names = [name.format(minor) for name in PACKAGES]
    found = client.binaries("|".join(re.escape(name) for name in names))
    for version in dict.fromkeys(package.version for package in found):
        same = {package.name: package for package in found if package.version == version}
        if same.keys() == set(names):
            return [same[name] for name in names]
    raise BuildError(
        f"No Debian mirror of this machine has {', '.join(names)} in one version.",
        "ask for another release, or give prebuilt:DIR.",
    )


def unpack(
    packages: list[BinaryPackage],
    place: Path,
    downloads: Path,
    apt: Fetcher,
    adapt: Callable[[Path], None] | None = None,
) -> None:
    """Make the folder ``place`` of what is in the packages; ``adapt`` sees the folder before it is in its place."""
    work = partial_path(place)
    work.mkdir(parents=True)
    for package in packages:
        fetched = apt.fetch_binary(package, downloads)
        command = ["dpkg-deb", "--extract", str(fetched), str(work)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise BuildError(f"dpkg-deb cannot be run: {error.strerror}.", "install dpkg.") from error
        if done.returncode:
            raise BuildError(f"{fetched} cannot be unpacked:\n{done.stderr.rstrip()}")
    if adapt:
        adapt(work)
    put_in_place(work, place, place.is_dir)
