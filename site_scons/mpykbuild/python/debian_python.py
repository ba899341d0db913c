# SPDX-License-Identifier: GPL-3.0-or-later
"""``python=prebuilt:3.N``: Debian's newest packages of that Python, unpacked in the cache; nothing is installed.

Once there they stay as they are: whoever wants newer ones removes the folder.
"""

from __future__ import annotations

import re
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.fetch.apt_client import AptClient, BinaryPackage
from mpykbuild.fetch.debian_packages import Client, unpacked_once

# Headers and the static library; the two halves of the standard library.
PACKAGES = ("libpython{}-dev", "libpython{}-minimal", "libpython{}-stdlib")


def is_minor(word: str) -> bool:
    """Return whether the word after ``prebuilt:`` asks for Debian's packages of a release."""
    return bool(re.fullmatch(r"3\.\d+", word))


def packages_folder(minor: str, cache_root: Path, client: Client | None = None) -> Path:
    """Return where the packages of ``minor`` are unpacked, fetching them first if need be."""
    apt = client or AptClient(cache_root / "apt")
    place = cache_root / "prebuilt" / f"debian-{minor}"
    return unpacked_once(place, lambda: newest_complete_version(minor, apt), apt, cache_root / "downloads")


def newest_complete_version(minor: str, client: Client) -> list[BinaryPackage]:
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
