# SPDX-License-Identifier: GPL-3.0-or-later
"""``python=prebuilt:3.N``: fetch Debian's newest packages of that Python and unpack them in the cache.

Nothing is installed. The unpacked packages are not updated: to get newer ones, remove their folder from the cache.
"""

from __future__ import annotations

import re
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.fetch.apt_client import AptClient, BinaryPackage
from mpykbuild.fetch.debian_packages import Client, unpacked_once

# The first has the headers and the static library. The other two have the halves of the standard library.
PACKAGES = ("libpython{}-dev", "libpython{}-minimal", "libpython{}-stdlib")


def is_minor_version(word: str) -> bool:
    """Return whether ``word``, the text after ``prebuilt:``, is a release such as 3.14. Otherwise it is a path."""
    return bool(re.fullmatch(r"3\.\d+", word))


def packages_folder(minor: str, cache_root: Path, client: Client | None = None) -> Path:
    """Return the folder with the unpacked packages of ``minor``. If it is not there yet, fetch and unpack them."""
    apt = client or AptClient(cache_root / "apt")
    place = cache_root / "prebuilt" / f"debian-{minor}"
    return unpacked_once(place, lambda: newest_complete_version(minor, apt), apt, cache_root / "downloads")


def newest_complete_version(minor: str, client: Client) -> list[BinaryPackage]:
    """Return the packages in the newest version of which the mirrors have all.

    Raises BuildError if there is no such version.
    """
    names = [name.format(minor) for name in PACKAGES]
    found = client.binaries("|".join(re.escape(name) for name in names))
    for version in dict.fromkeys(package.version for package in found):
        same = {package.name: package for package in found if package.version == version}
        if same.keys() == set(names):
            return [same[name] for name in names]
    raise BuildError(
        f"No Debian mirror of this machine has {', '.join(names)} in one version.",
        "give another release, or give prebuilt:DIR.",
    )
