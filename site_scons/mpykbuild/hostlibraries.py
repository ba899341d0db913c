# SPDX-License-Identifier: GPL-3.0-or-later
"""The libraries that a crash for another machine links: Debian's packages, unpacked in the cache, nothing installed.

The C library and the compiler's are among them, so that the folder also serves qemu-user as the machine's root.
"""

from __future__ import annotations

from pathlib import Path

from mpykbuild.aptclient import AptClient
from mpykbuild.cache import locked
from mpykbuild.debianpython import unpack
from mpykbuild.debiansysroot import Client, chosen, stay_inside
from mpykbuild.hosts import Host

SUITE = "bookworm"
PACKAGES = (
    "libc6", "libgcc-s1", "libstdc++6", "zlib1g", "zlib1g-dev", "libgmp10", "libgmp-dev", "libmpfr6", "libmpfr-dev",
    "libncurses6", "libtinfo6", "libncurses-dev", "liblzma5", "liblzo2-2", "liblzo2-dev", "libsnappy1v5",
    "libsnappy-dev", "libzstd1", "libzstd-dev",
)  # fmt: skip


def folder(host: Host, cache_root: Path, client: Client | None = None) -> Path:
    """Return where the packages for ``host`` are unpacked, fetching them first if need be."""
    place = cache_root / "sysroot" / f"debian-{SUITE}-{host.libraries}"
    with locked(place.with_name(place.name + ".lock")):
        if not place.is_dir():
            apt = client or AptClient(cache_root / f"apt-{host.libraries}", architecture=host.libraries)
            packages = chosen(SUITE, apt, PACKAGES)
            unpack(packages, place, cache_root / "downloads", apt, stay_inside)
    return place


def include_folders(root: Path) -> list[Path]:
    """Return where the headers are: those that differ between machines first."""
    return [*sorted((root / "usr" / "include").glob("*-linux-gnu")), root / "usr" / "include"]


def library_folders(root: Path) -> list[Path]:
    """Return where the libraries are."""
    return [path for pattern in ("usr/lib/*-linux-gnu", "lib/*-linux-gnu") for path in sorted(root.glob(pattern))]
