# SPDX-License-Identifier: GPL-3.0-or-later
"""Provide the ordinary programs that the guest sets itself up with and records itself with: ip, ss, nft, findmnt…

They come from Debian's binary packages. Only the programs below and the libraries that they need are kept.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile

from mpykbuild.base import recipe
from mpykbuild.base.cache import Product, build_once
from mpykbuild.base.errors import BuildError
from mpykbuild.fetch.apt_client import AptClient
from mpykbuild.fetch.debian_packages import make_links_relative, newest_packages, unpack_package
from mpykbuild.vmcore.kernel_packages import removed_on_failure

# The suite is fixed, so that the programs print the same columns and JSON keys on each machine, whatever it runs.
SUITE = "bookworm"
PROGRAMS = (
    "ip", "ss", "tc", "bridge", "nft", "findmnt", "lslocks", "lsipc", "ps", "sysctl", "kmod", "ethtool",
)  # fmt: skip
PACKAGES = (
    "iproute2", "nftables", "util-linux", "procps", "kmod", "ethtool", "libc6", "libblkid1", "libbpf1", "libbsd0",
    "libcap2", "libcom-err2", "libedit2", "libelf1", "libgcrypt20", "libgmp10", "libgpg-error0", "libgssapi-krb5-2",
    "libjansson4", "libk5crypto3", "libkeyutils1", "libkmod2", "libkrb5-3", "libkrb5support0", "liblz4-1", "liblzma5",
    "libmd0", "libmnl0", "libmount1", "libnftables1", "libnftnl11", "libpcre2-8-0", "libproc2-0", "libselinux1",
    "libsmartcols1", "libssl3", "libsystemd0", "libtinfo6", "libtirpc3", "libudev1", "libxtables12", "libzstd1",
    "zlib1g",
)  # fmt: skip
PROGRAM_FOLDERS = ("bin", "sbin", "usr/bin", "usr/sbin")
# /etc/iproute2 has the names of routing tables and protocols. ip prints numbers without it.
DATA = ("etc/iproute2",)


def tools_product(cache_root: Path, debian: str) -> Product:
    """Return the cached folder for the programs of an architecture, which ``debian`` names as Debian does."""
    inputs = {"suite": SUITE, "architecture": debian}
    return recipe.product(cache_root, "guest-tools", f"{SUITE}-{debian}", (__name__,), inputs)


def provide_tools(cache_root: Path, apt: AptClient) -> Path:
    """Return the folder with the programs and their libraries, laid out for /. Fetch them if it is not built yet."""

    def fill(folder: Path) -> None:
        with removed_on_failure(folder), tempfile.TemporaryDirectory(prefix="mpyk-tools-") as scratch:
            whole = Path(scratch) / "root"
            for package in newest_packages(SUITE, apt, PACKAGES):
                unpack_package(apt.fetch_binary(package, Path(scratch)), whole)
            make_links_relative(whole)
            copy_needed(whole, folder)

    return build_once(tools_product(cache_root, apt.architecture), fill, {"suite": SUITE})


def copy_needed(whole: Path, folder: Path, programs: Sequence[str] = PROGRAMS) -> None:
    """Copy ``programs``, the libraries that they need and DATA from ``whole`` to ``folder``, under the same paths.

    Raises BuildError with all names that are missing.
    """
    libraries = {path.name: path for path in sorted(whole.rglob("*.so*")) if path.exists()}
    waiting = [*programs]
    done: set[str] = set()
    missing = []
    while waiting:
        name = waiting.pop()
        if name in done:
            continue
        done.add(name)
        found = libraries.get(name) or find_program(whole, name)
        if found is None:
            missing.append(name)
            continue
        _copy(found, folder / found.relative_to(whole))
        waiting += needed_by(found)
    if missing:
        raise BuildError(
            f"The packages for the guest's programs lack {', '.join(sorted(missing))}.",
            f"add the package to PACKAGES in {Path(__file__).name}.",
        )
    for name in DATA:
        if (whole / name).is_dir():
            shutil.copytree(whole / name, folder / name)


def find_program(whole: Path, name: str) -> Path | None:
    """Return the path of a program below ``whole``, or None."""
    return next((path for part in PROGRAM_FOLDERS if (path := whole / part / name).exists()), None)


def needed_by(path: Path) -> Iterator[str]:
    """Yield the names of the libraries that an ELF file needs, and of its interpreter (``ld-linux-x86-64.so.2``)."""
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        for segment in elf.iter_segments("PT_INTERP"):
            yield Path(segment.data().rstrip(b"\0").decode()).name
        for section in elf.iter_sections():
            if isinstance(section, DynamicSection):
                yield from (str(vars(tag)["needed"]) for tag in section.iter_tags("DT_NEEDED"))


def _copy(source: Path, dest: Path) -> None:
    """Copy a file. A link becomes a file, as libraries are found by the names of the links."""
    dest.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, dest)
    dest.chmod(0o755)
