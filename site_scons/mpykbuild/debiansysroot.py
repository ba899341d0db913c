# SPDX-License-Identifier: GPL-3.0-or-later
"""``sysroot=debian:SUITE``: the C library's packages of an older Debian, unpacked in the cache; nothing is installed.

Once there they stay as they are: whoever wants newer ones removes the folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from mpykbuild.aptclient import AptClient, BinaryPackage
from mpykbuild.cache import locked
from mpykbuild.debianpython import unpack
from mpykbuild.errors import BuildError

# The C library with its headers and the kernel's; the libraries of that time's compiler serve to try what was built.
PACKAGES = ("libc6", "libc6-dev", "linux-libc-dev", "libgcc-s1", "libstdc++6")


class Client(Protocol):
    """What is asked of aptclient.AptClient."""

    def binaries(self, name_regex: str, suites: Sequence[str] | None = None) -> list[BinaryPackage]: ...

    def fetch_binary(self, package: BinaryPackage, dest: Path) -> Path: ...


def asked_for(value: str) -> str:
    """Return the suite that ``sysroot=debian:SUITE`` names, or an empty string."""
    match = re.fullmatch(r"debian:([a-z]+)", value)
    return match[1] if match else ""


def folder(suite: str, cache_root: Path, client: Client | None = None) -> Path:
    """Return where the packages of ``suite`` are unpacked, fetching them first if need be."""
    place = cache_root / "sysroot" / f"debian-{suite}"
    with locked(place.with_name(place.name + ".lock")):
        if not place.is_dir():
            apt = client or AptClient(cache_root / "apt")
            unpack(chosen(suite, apt), place, cache_root / "downloads", apt, stay_inside)
    return place


def chosen(suite: str, client: Client, names: Sequence[str] = PACKAGES) -> list[BinaryPackage]:
    """Return the newest of each of the packages in ``suite``. Raises BuildError when one is not there."""
    found = client.binaries("|".join(re.escape(name) for name in names), (suite,))
    newest = {package.name: package for package in reversed(found)}
    missing = [name for name in names if name not in newest]
    if missing:
        raise BuildError(
            f"No Debian mirror of this machine has {', '.join(missing)} of {suite}.",
            "ask for another suite, or unpack the packages yourself and give sysroot=DIR.",
        )
    return [newest[name] for name in names]


def stay_inside(root: Path) -> None:
    """Let absolute symbolic links lead to what they mean inside of ``root``."""
    for link in root.rglob("*"):
        if link.is_symlink() and link.readlink().is_absolute():
            goal = root / link.readlink().relative_to("/")
            link.unlink()
            link.symlink_to(os.path.relpath(goal, link.parent))
