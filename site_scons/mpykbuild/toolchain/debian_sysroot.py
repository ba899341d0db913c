# SPDX-License-Identifier: GPL-3.0-or-later
"""``sysroot=debian:SUITE``: an older Debian's packages of the C library, unpacked in the cache. Nothing is installed.

An existing folder is not updated. Remove it to get newer packages.
"""

from __future__ import annotations

import re
from pathlib import Path

from mpykbuild.fetch.apt_client import AptClient
from mpykbuild.fetch.debian_packages import Client, make_links_relative, newest_packages, unpacked_once

# The C library, its headers and the kernel's headers. The libraries of that Debian's compiler are there for tests: they
# run what was built.
PACKAGES = ("libc6", "libc6-dev", "linux-libc-dev", "libgcc-s1", "libstdc++6")


def requested_suite(value: str) -> str:
    """Return SUITE of the value ``debian:SUITE``, or an empty string for other values of ``sysroot=``."""
    match = re.fullmatch(r"debian:([a-z]+)", value)
    return match[1] if match else ""


def sysroot_folder(suite: str, cache_root: Path, client: Client | None = None) -> Path:
    """Return the folder with the unpacked packages of ``suite``. Fetch and unpack them if it does not exist."""
    apt = client or AptClient(cache_root / "apt")
    place = cache_root / "sysroot" / f"debian-{suite}"
    return unpacked_once(
        place, lambda: newest_packages(suite, apt, PACKAGES), apt, cache_root / "downloads", make_links_relative
    )
