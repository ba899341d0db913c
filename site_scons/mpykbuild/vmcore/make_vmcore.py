# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a test vmcore: boot a distribution's kernel with our guest under QEMU, take its truth, dump its memory.

The result is a cached folder ``{vmlinux, vmcore, truth/, modules/}``. ``python -m mpykbuild.vmcore.make_vmcore`` prints
that folder's path.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mpykbuild.base import recipe
from mpykbuild.base.cache import Product, build_once
from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import default_cache_root
from mpykbuild.base.run_log import RunLog
from mpykbuild.fetch.apt_client import AptClient
from mpykbuild.fetch.unpack import unpack_tarball
from mpykbuild.vmcore import header_packages, kdump, kernel_packages, qemu, reblock, rootfs, test_module
from mpykbuild.vmcore.architectures import ARCHITECTURES, X86_64, Architecture, architecture

DEFAULT_SERIES = "6.12"
BOOT_TIMEOUT = 240.0
DUMP_TIMEOUT = 120.0
# An emulated machine sometimes dies of its emulator: the second boot decides.
BOOT_ATTEMPTS = 2


def data_files() -> list[Path]:
    """Return the guest's programs and lists and the test module: what is copied or compiled, not imported."""
    guest = [path for path in rootfs.GUEST.iterdir() if path.is_file()]
    return sorted([*guest, *test_module.source_files()])


def vmcore_product(series: str, cache_root: Path, target: str = X86_64.target) -> Product:
    """Return the cached folder for the vmcore of a kernel series; needs no network.

    The key covers recipe, guest, series and architecture. Which version of the series it is was decided when it was
    first asked for, and stands in its meta.json.
    """
    kernel_packages.name_pattern(series)  # complain early about what is no series
    debian = architecture(target).debian
    data = {f"{path.parent.name}/{path.name}": path.read_bytes() for path in data_files()}
    inputs: dict[str, str | bytes] = {**data, "series": series, "architecture": debian}
    return recipe.product(cache_root, "vmcore", f"linux-{series}-{debian}", (__name__,), inputs)


def make_vmcore(
    series: str, cache_root: Path, verbose: bool = False, refresh: bool = False, target: str = X86_64.target
) -> Path:
    """Return the folder with vmlinux, vmcore and truth/; make it if it is not there.

    ``target`` is crash's word for the guest's architecture. ``refresh`` asks the mirrors for the newest kernel of the
    series again and makes the vmcore anew.
    """
    wanted, guest = vmcore_product(series, cache_root, target), architecture(target)
    if refresh:
        shutil.rmtree(wanted.path, ignore_errors=True)
    if wanted.is_built():
        return wanted.path
    # Each architecture has lists of its own; the machine's are those of the source packages, too.
    own = AptClient(cache_root / "apt")
    foreign = guest.machine != platform.machine()
    apt = AptClient(cache_root / f"apt-{guest.debian}", architecture=guest.debian) if foreign else own

    def fill(folder: Path) -> None:
        wanted.log.unlink(missing_ok=True)
        with kernel_packages.removed_on_failure(folder):
            kernel = _kernel(series, cache_root, Mirrors(apt, own), guest, refresh)
            _make(kernel, folder, RunLog(f"vmcore {kernel.choice.release}", wanted.log, verbose))

    return build_once(wanted, fill, {"series": series, "architecture": guest.debian})


@dataclass(frozen=True)
class Mirrors:
    """Where packages come from: those of the guest's architecture, and this machine's own."""

    guest: AptClient
    own: AptClient


@dataclass(frozen=True)
class Kernel:
    """What was taken, and where it is: the kernel itself, and the packages to build modules for it."""

    choice: kernel_packages.KernelChoice
    folder: Path
    headers: Path
    architecture: Architecture = X86_64

    @staticmethod
    def provide(
        choice: kernel_packages.KernelChoice, cache_root: Path, mirrors: Mirrors, guest: Architecture
    ) -> Kernel:
        headers = header_packages.provide_headers(choice, cache_root, mirrors.guest, mirrors.own)
        return Kernel(choice, kernel_packages.provide_kernel(choice, cache_root, mirrors.guest), headers, guest)


def _kernel(series: str, cache_root: Path, mirrors: Mirrors, guest: Architecture, refresh: bool) -> Kernel:
    """Return the kernel for ``series``. A recorded one that mirrors have dropped is chosen anew."""
    choice = kernel_packages.resolve_kernel(series, cache_root, mirrors.guest, refresh)
    try:
        return Kernel.provide(choice, cache_root, mirrors, guest)
    except BuildError as error:
        newest = kernel_packages.resolve_kernel(series, cache_root, mirrors.guest, refresh=True)
        if newest == choice:
            raise
        print(f"{error.what} Taking {newest.release} instead.", flush=True)
        return Kernel.provide(newest, cache_root, mirrors, guest)


def _make(kernel: Kernel, folder: Path, log: RunLog) -> None:
    # A unix socket lives there, and its path may have 107 bytes at most.
    parent = tempfile.gettempdir()
    parent = parent if len(parent) < 80 else "/tmp"
    with tempfile.TemporaryDirectory(prefix="mpyk-", dir=parent) as scratch_name:
        scratch = Path(scratch_name)
        module = build_test_module(kernel, scratch, folder / "modules", log)
        own = [module] if module else []
        guest = rootfs.make_guest(kernel.folder / "modules", scratch, log, own, kernel.architecture)
        begin = time.monotonic()
        flat = folder / "flat"
        _boot(kernel, guest, scratch, flat, log.log.with_suffix(".serial"))
        print(f"{log.title}: boot, record the truth and dump: done in {time.monotonic() - begin:.0f} s", flush=True)
        extract_truth(guest.truth_disk, folder / "truth")
    utsname = read_utsname(folder / "truth", kernel.architecture.machine)
    kdump.reassemble(flat, folder / "vmcore")
    reblock.reblock(folder / "vmcore")
    kdump.repair(folder / "vmcore", utsname, kernel.architecture)
    flat.unlink()
    link_or_copy(kernel.folder / "vmlinux", folder / "vmlinux")
    _write_meta(kernel.choice, utsname, folder)


def build_test_module(kernel: Kernel, scratch: Path, kept: Path, log: RunLog) -> Path | None:
    """Build our module; return the file to load. With debuginfo it is kept beside the vmcore, for ``mod -s``.

    The kernel that the tests are for must have it. Another one may be too old or too new for this machine's tools.
    """
    kept.mkdir()
    try:
        headers = header_packages.unpack_headers(
            kernel.headers, scratch / "headers", kernel.folder, kernel.choice.release
        )
        module = test_module.build_module(headers, scratch, log, kernel.architecture)
    except BuildError as error:
        if kernel.choice.series == DEFAULT_SERIES:
            raise
        print(f"{log.title}: {test_module.NAME} is left out of this vmcore: {error.what}", flush=True)
        return None
    shutil.copyfile(module.debug, kept / module.debug.name)
    return module.stripped


def _boot(kernel: Kernel, guest: rootfs.GuestFiles, scratch: Path, flat: Path, serial: Path) -> None:
    """Boot and dump; try again with fresh disks if the guest dies. The console's text is kept in ``serial``."""
    pristine = guest.root_disk.with_suffix(".pristine")
    guest.root_disk.rename(pristine)
    for attempt in range(1, BOOT_ATTEMPTS + 1):
        shutil.copyfile(pristine, guest.root_disk)
        serial.unlink(missing_ok=True)
        image = kernel.folder / "vmlinuz"
        machine = qemu.Machine(
            image, guest.initrd, guest.root_disk, guest.truth_disk, serial, architecture=kernel.architecture
        )
        try:
            qemu.boot_and_dump(machine, scratch, flat, BOOT_TIMEOUT, DUMP_TIMEOUT)
            return
        except qemu.GuestDied as error:
            if attempt == BOOT_ATTEMPTS:
                raise
            print(f"The guest died; it is booted once more.\n{error}", file=sys.stderr)


def extract_truth(disk: Path, folder: Path) -> None:
    """Write the files of the tar that begins on the guest's second disk into ``folder``."""
    unpack_tarball(disk, folder, strip=0)


def read_utsname(truth: Path, machine: str) -> kdump.Utsname:
    """Return what the guest's kernel calls itself."""

    def line(name: str) -> str:
        return (truth / "proc/sys/kernel" / name).read_text().strip()

    return kdump.Utsname(
        line("ostype"), line("hostname"), line("osrelease"), line("version"), machine, line("domainname")
    )


def link_or_copy(source: Path, dest: Path) -> None:
    """Hard link a large file that nobody changes; copy it where the file system cannot."""
    try:
        os.link(source, dest)
    except OSError:
        shutil.copyfile(source, dest)


def _write_meta(choice: kernel_packages.KernelChoice, utsname: kdump.Utsname, folder: Path) -> None:
    meta = {
        "release": choice.release,
        "packages": asdict(choice),
        "utsname": asdict(utsname),
        "vmcoreinfo": kdump.vmcoreinfo(folder / "vmcore"),
        "vmcore_bytes": (folder / "vmcore").stat().st_size,
    }
    (folder / "truth/meta.json").write_text(json.dumps(meta, indent=2, sort_keys=True) + "\n")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Make a test vmcore and print the folder that holds it.")
    parser.add_argument("--kernel", default=DEFAULT_SERIES, help="kernel series (default: %(default)s)")
    parser.add_argument("--target", default=X86_64.target, choices=ARCHITECTURES, help="of which architecture")
    parser.add_argument("--cache", type=Path, default=default_cache_root(), help="cache folder (default: %(default)s)")
    parser.add_argument("--refresh", action="store_true", help="take the newest kernel that the mirrors have now")
    parser.add_argument("-v", "--verbose", action="store_true", help="show the output of each step")
    args = parser.parse_args(argv)
    try:
        print(make_vmcore(args.kernel, args.cache, args.verbose, args.refresh, args.target))
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
