# SPDX-License-Identifier: GPL-3.0-or-later
"""The libraries for a crash of another machine: Debian's packages, unpacked in the cache. Nothing is installed.

They include the C library and the compiler's libraries, so qemu-user can use the folder as the machine's root.
"""

from __future__ import annotations

from pathlib import Path

from mpykbuild.fetch.apt_client import AptClient
from mpykbuild.fetch.debian_packages import Client, make_links_relative, newest_packages, unpacked_once
from mpykbuild.toolchain.hosts import Host

SUITE = "bookworm"
PACKAGES = (
    "libc6", "libgcc-s1", "libstdc++6", "zlib1g", "zlib1g-dev", "libgmp10", "libgmp-dev", "libmpfr6", "libmpfr-dev",
    "libncurses6", "libtinfo6", "libncurses-dev", "liblzma5", "liblzo2-2", "liblzo2-dev", "libsnappy1v5",
    "libsnappy-dev", "libzstd1", "libzstd-dev",
)  # fmt: skip


def libraries_folder(host: Host, cache_root: Path, client: Client | None = None) -> Path:
    """Return the folder with the unpacked packages for ``host``. Fetch and unpack them if it does not exist."""
    apt = client or AptClient(cache_root / f"apt-{host.libraries}", architecture=host.libraries)
    place = cache_root / "sysroot" / f"debian-{SUITE}-{host.libraries}"
    return unpacked_once(
        place, lambda: newest_packages(SUITE, apt, PACKAGES), apt, cache_root / "downloads", make_links_relative
    )


def include_folders(root: Path) -> list[Path]:
    """Return the folders of the headers. The folder of the headers that differ between machines comes first."""
    return [*sorted((root / "usr" / "include").glob("*-linux-gnu")), root / "usr" / "include"]


def library_folders(root: Path) -> list[Path]:
    """Return the folders of the libraries."""
    return [path for pattern in ("usr/lib/*-linux-gnu", "lib/*-linux-gnu") for path in sorted(root.glob(pattern))]
