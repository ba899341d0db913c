# SPDX-License-Identifier: GPL-3.0-or-later
"""Provide the packages that building a module for Debian's kernel needs: the kernel's headers and Kbuild's programs."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from mpykbuild.base import recipe
from mpykbuild.base.cache import Product, build_once
from mpykbuild.base.errors import BuildError
from mpykbuild.fetch.apt_client import AptClient, BinaryPackage
from mpykbuild.fetch.debian_packages import unpack_package
from mpykbuild.vmcore.kernel_packages import KernelChoice, removed_on_failure

LIBC = "libc6"
LOADER = "ld-linux-x86-64.so.2"
# Kbuild's programs need more libraries than libc (libelf, zlib). They use this machine's libraries, which are here.
LIBRARIES = "/usr/lib/x86_64-linux-gnu"


def choose_headers(choice: KernelChoice, packages: Iterable[BinaryPackage]) -> tuple[BinaryPackage, ...]:
    """Return three packages of the kernel's version: its headers, the headers common to its flavours, and Kbuild.

    Raises BuildError if one of them is missing.
    """
    kinds = {
        "headers": re.escape(f"linux-headers-{choice.release}"), "common headers": r"linux-headers-.+-common",
        "Kbuild": r"linux-kbuild-.+",
    }  # fmt: skip
    found: dict[str, BinaryPackage] = {}
    for package in packages:
        for kind, pattern in kinds.items():
            if package.version == choice.dbg.version and re.fullmatch(pattern, package.name):
                found.setdefault(kind, package)
    missing = [kind for kind in kinds if kind not in found]
    if missing:
        raise BuildError(
            f"No Debian mirror of this machine has the {' and '.join(missing)} of kernel {choice.release},"
            f" version {choice.dbg.version}.",
            "use the newest kernel: PYTHONPATH=site_scons python3 -m mpykbuild.vmcore.make_vmcore --refresh",
        )
    return tuple(found[kind] for kind in kinds)


def headers_product(choice: KernelChoice, cache_root: Path) -> Product:
    """Return the cached folder for the packages.

    They stay packed: unpacked they are large, and a module's build writes into the unpacked tree.
    """
    inputs = {"kernel": choice.dbg.sha256, "libc": ".".join(map(str, host_libc()))}
    return recipe.product(cache_root, "kernel-headers", choice.release, (__name__, "fetch.debian_packages"), inputs)


def provide_headers(choice: KernelChoice, cache_root: Path, apt: AptClient, own: AptClient) -> Path:
    """Return the folder with the packages. Fetch them if it is not built yet.

    ``apt`` lists the packages of the kernel's architecture, ``own`` those of this machine. Kbuild's programs come from
    ``own``, because they run here.
    """

    def fill(folder: Path) -> None:
        with removed_on_failure(folder):
            headers = apt.binaries(rf"linux-headers-.+-({apt.architecture}|common)")
            *wanted, kbuild = choose_headers(choice, [*headers, *own.binaries(r"linux-kbuild-.+")])
            for package in wanted:
                apt.fetch_binary(package, folder)
            own.fetch_binary(kbuild, folder)
            # Kbuild's programs may need a newer libc than this machine's, so the libc of their suite is fetched too.
            suite = kbuild.suite.removesuffix("-backports")
            own.fetch_binary(own.newest_binary(LIBC, [suite]), folder)

    return build_once(headers_product(choice, cache_root), fill, {"release": choice.release, "dbg": asdict(choice.dbg)})


def host_libc() -> tuple[int, ...]:
    """Return the version of this machine's glibc, or (0,) if the libc is another one."""
    try:
        return _parse_version((os.confstr("CS_GNU_LIBC_VERSION") or "").rpartition(" ")[2])
    except ValueError:
        return (0,)


def _parse_version(text: str) -> tuple[int, ...]:
    """Return ``2.36`` as (2, 36), and an empty text as (0,). Raises ValueError for other texts."""
    return tuple(int(word) for word in text.split(".") if word) or (0,)


def needed_libc(image: bytes) -> tuple[int, ...]:
    """Return the newest glibc version that an ELF file needs, or (0,) for other files and if it names no version."""
    if not image.startswith(b"\x7fELF"):
        return (0,)
    return max((_parse_version(found.decode()) for found in re.findall(rb"\0GLIBC_([0-9.]+)", image)), default=(0,))


def unpack_headers(packages: Path, tree: Path, kernel: Path, release: str) -> Path:
    """Unpack the packages into ``tree`` and adapt them to this machine. Return the folder for ``make -C``.

    ``kernel`` is the folder with vmlinux: the BTF of a module is based on vmlinux's BTF.
    """
    for deb in sorted(packages.glob("*.deb")):
        part = tree / ("libc" if deb.name.startswith(f"{LIBC}_") else "root")
        part.mkdir(parents=True, exist_ok=True)
        unpack_package(deb, part)
    folder = tree / "root/usr/src" / f"linux-headers-{release}"
    makefile = folder / "Makefile"
    makefile.write_text(makefile.read_text().replace("/usr/src/", f"{tree}/root/usr/src/"))
    (folder / "vmlinux").unlink(missing_ok=True)
    (folder / "vmlinux").symlink_to(kernel / "vmlinux")
    wrap_programs(tree / "root", tree / "libc")
    return folder


def wrap_programs(root: Path, libc: Path) -> None:
    """Replace Kbuild's programs that need a newer libc than this machine's by scripts.

    The scripts start these programs with the newer libc in ``libc``. Raises BuildError if there is no such libc.
    """
    loader = next(iter(sorted(libc.rglob(LOADER))), None)
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path.is_symlink() or not os.access(path, os.X_OK):
            continue
        if needed_libc(path.read_bytes()) <= host_libc():
            continue
        if loader is None:
            raise BuildError(f"{path.name} needs a newer libc than this machine's.", "build on a newer distribution.")
        program = path.with_name(path.name + ".elf")
        shutil.move(path, program)
        libraries = f"{loader.parent}:{LIBRARIES}"
        path.write_text(f'#!/bin/sh\nexec {loader} --library-path {libraries} {program} "$@"\n')
        path.chmod(0o755)
