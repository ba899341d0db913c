# SPDX-License-Identifier: GPL-3.0-or-later
"""``sysroot=debian:SUITE``: the C library's packages of an older Debian, unpacked in the cache; nothing is installed.

Once there they stay as they are: whoever wants newer ones removes the folder.
"""

from __future__ import annotations

import re
from pathlib import Path

from mpykbuild.fetch.apt_client import AptClient
from mpykbuild.fetch.debian_packages import Client, keep_links_inside, newest_packages, unpacked_once

# The C library with its headers and the kernel's; the libraries of that time's compiler serve to try what was built.
PACKAGES = ("libc6", "libc6-dev", "linux-libc-dev", "libgcc-s1", "libstdc++6")


def requested_suite(value: str) -> str:
    """Return the suite that ``sysroot=debian:SUITE`` names, or an empty string."""
    match = re.fullmatch(r"debian:([a-z]+)", value)
    return match[1] if match else ""


def sysroot_folder(suite: str, cache_root: Path, client: Client | None = None) -> Path:
    """Return where the packages of ``suite`` are unpacked, fetching them first if need be."""
    apt = client or AptClient(cache_root / "apt")
    place = cache_root / "sysroot" / f"debian-{suite}"
    return unpacked_once(
        place, lambda: newest_packages(suite, apt, PACKAGES), apt, cache_root / "downloads", keep_links_inside
    )
