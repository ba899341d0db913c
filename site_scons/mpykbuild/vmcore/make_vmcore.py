# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a test vmcore: boot Debian's kernel with our guest under QEMU, record the truth, and dump the guest's memory.

The *truth* are the guest's own records of its state, from /proc. Tests compare the vmcore with it.

The result is a cached folder ``{vmlinux, vmcore, truth/, modules/}``. ``python -m mpykbuild.vmcore.make_vmcore`` prints
the path of that folder.
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
from functools import partial
from pathlib import Path

from mpykbuild.base import recipe
from mpykbuild.base.cache import Product, build_once
from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import default_cache_root
from mpykbuild.base.run_log import RunLog
from mpykbuild.fetch.apt_client import AptClient
from mpykbuild.fetch.unpack import unpack_tarball
from mpykbuild.vmcore import (
    header_packages,
    kdump,
    kernel_packages,
    page_filter,
    qemu,
    reblock,
    rootfs,
    scenarios,
    test_module,
    tool_packages,
)
from mpykbuild.vmcore.architectures import ARCHITECTURES, X86_64, Architecture, architecture
from mpykbuild.vmcore.scenarios import LIVE, SCENARIOS, Scenario

# The name of this module as recipes have it. __name__ is another one if it is run as a program.
MODULE = "vmcore.make_vmcore"
DEFAULT_SERIES = "6.12"
BOOT_TIMEOUT = 900.0  # seconds, of the default guest; a larger one gets more
DUMP_TIMEOUT = 120.0
# Sometimes the emulator crashes the guest, so a failed boot is repeated once.
BOOT_ATTEMPTS = 2


def data_files() -> list[Path]:
    """Return the files of the guest and of the test module. They are part of the key, like the recipe's modules."""
    guest = [path for path in rootfs.GUEST.iterdir() if path.is_file()]
    return sorted([*guest, *test_module.source_files()])


def vmcore_product(series: str, cache_root: Path, target: str = X86_64.target, scenario: str = LIVE) -> Product:
    """Return the cached folder for the vmcore of a kernel series. This needs no network.

    The key is made from the recipe, the guest, the series, the architecture and the scenario. The kernel's version is
    not in the key: it is chosen when the vmcore is made, and meta.json has it.
    """
    kernel_packages.name_pattern(series)  # raises BuildError early if it is not a series
    debian, kind = architecture(target).debian, scenarios.scenario(scenario).name
    data = {f"{path.parent.name}/{path.name}": path.read_bytes() for path in data_files()}
    inputs: dict[str, str | bytes] = {**data, "series": series, "architecture": debian, "scenario": kind}
    name = f"linux-{series}-{debian}" + (f"-{kind}" if kind != LIVE else "")
    return recipe.product(cache_root, "vmcore", name, (MODULE,), inputs)


def make_vmcore(
    series: str,
    cache_root: Path,
    verbose: bool = False,
    refresh: bool = False,
    target: str = X86_64.target,
    scenario: str = LIVE,
) -> Path:
    """Return the folder with vmlinux, vmcore and truth/. Make it if it is not built yet.

    ``target`` is crash's name of the guest's architecture. ``refresh`` chooses the newest kernel of the series again
    and makes a new vmcore.
    """
    wanted, guest = vmcore_product(series, cache_root, target, scenario), architecture(target)
    kind = scenarios.scenario(scenario)
    if kind.base:
        base = make_vmcore(series, cache_root, verbose, refresh, target, kind.base)
        return build_once(wanted, partial(fill_filtered, base), {"series": series, "scenario": scenario})
    if refresh:
        shutil.rmtree(wanted.path, ignore_errors=True)
    if wanted.is_built():
        return wanted.path
    # Each architecture has its own package lists. Those of this machine are in the same folder as for other packages.
    own = AptClient(cache_root / "apt")
    foreign = guest.machine != platform.machine()
    apt = AptClient(cache_root / f"apt-{guest.debian}", architecture=guest.debian) if foreign else own

    def fill(folder: Path) -> None:
        wanted.log.unlink(missing_ok=True)
        with kernel_packages.removed_on_failure(folder):
            kernel = _provide_kernel(series, cache_root, Mirrors(apt, own), guest, refresh)
            title = f"vmcore {kernel.choice.release}" + (f" {kind.name}" if kind.name != LIVE else "")
            _fill_product(kernel, kind, folder, RunLog(title, wanted.log, verbose))

    return build_once(wanted, fill, {"series": series, "architecture": guest.debian, "scenario": scenario})


def fill_filtered(base: Path, folder: Path) -> None:
    """Fill ``folder`` with the filtered dump of the product ``base``. All else is the same."""
    left_out = page_filter.filter_dump(base / "vmcore", folder / "vmcore")
    print(f"{base.name}: {left_out} pages are left out", flush=True)
    link_or_copy(base / "vmlinux", folder / "vmlinux")
    for name in ("truth", "modules"):
        shutil.copytree(base / name, folder / name)


@dataclass(frozen=True)
class Mirrors:
    """The clients for packages of the guest's architecture, and for packages of this machine's own."""

    guest: AptClient
    own: AptClient


@dataclass(frozen=True)
class Kernel:
    """The chosen kernel, and the folders with its files, with the packages to build modules for it, and with programs.

    ``tools`` are the programs that the guest runs, for its architecture.
    """

    choice: kernel_packages.KernelChoice
    folder: Path
    headers: Path
    tools: Path
    architecture: Architecture = X86_64

    @staticmethod
    def provide(
        choice: kernel_packages.KernelChoice, cache_root: Path, mirrors: Mirrors, guest: Architecture
    ) -> Kernel:
        headers = header_packages.provide_headers(choice, cache_root, mirrors.guest, mirrors.own)
        tools = tool_packages.provide_tools(cache_root, mirrors.guest)
        return Kernel(choice, kernel_packages.provide_kernel(choice, cache_root, mirrors.guest), headers, tools, guest)


def _provide_kernel(series: str, cache_root: Path, mirrors: Mirrors, guest: Architecture, refresh: bool) -> Kernel:
    """Return the kernel for ``series``. If the mirrors no longer have the recorded kernel, choose the newest one."""
    choice = kernel_packages.resolve_kernel(series, cache_root, mirrors.guest, refresh)
    try:
        return Kernel.provide(choice, cache_root, mirrors, guest)
    except BuildError as error:
        newest = kernel_packages.resolve_kernel(series, cache_root, mirrors.guest, refresh=True)
        if newest == choice:
            raise
        print(f"{error.what} The build uses {newest.release} instead.", flush=True)
        return Kernel.provide(newest, cache_root, mirrors, guest)


def _fill_product(kernel: Kernel, kind: Scenario, folder: Path, log: RunLog) -> None:
    # QEMU's unix socket is in this folder, and the path of a socket may have at most 107 bytes.
    parent = tempfile.gettempdir()
    parent = parent if len(parent) < 80 else "/tmp"
    with tempfile.TemporaryDirectory(prefix="mpyk-", dir=parent) as scratch_name:
        scratch = Path(scratch_name)
        module = build_test_module(kernel, scratch, folder / "modules", log)
        content = rootfs.Content([module] if module else [], kernel.tools)
        guest = rootfs.make_guest(kernel.folder / "modules", scratch, log, content, kernel.architecture)
        begin = time.monotonic()
        flat = folder / "flat"
        _boot(kernel, kind, guest, scratch, flat, log.log.with_suffix(".serial"))
        print(f"{log.title}: boot, record the truth, dump: done in {time.monotonic() - begin:.0f} s", flush=True)
        extract_truth(guest.truth_disk, folder / "truth")
    _keep_console(kind, log.log.with_suffix(".serial"), folder / "truth")
    utsname = read_utsname(folder / "truth", kernel.architecture.machine)
    kdump.reassemble(flat, folder / "vmcore")
    reblock.reblock(folder / "vmcore")
    kdump.repair_header(folder / "vmcore", utsname, kernel.architecture)
    flat.unlink()
    link_or_copy(kernel.folder / "vmlinux", folder / "vmlinux")
    _write_meta(kernel.choice, utsname, folder)


def build_test_module(kernel: Kernel, scratch: Path, kept: Path, log: RunLog) -> Path | None:
    """Build our module and return the file that the guest loads.

    The folder ``kept`` gets the file with debuginfo, for crash's ``mod -s``.
    Return None if the build fails: a kernel may be too old or too new for this machine's tools. The default kernel must
    have the module, because tests need it: then the failure raises BuildError.
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
        print(f"{log.title}: this vmcore has no {test_module.NAME}: {error.what}", flush=True)
        return None
    shutil.copyfile(module.debug, kept / module.debug.name)
    return module.stripped


def _keep_console(kind: Scenario, serial: Path, truth: Path) -> None:
    """Keep the text of the console as ``console``: after a panic it has what the kernel reported."""
    if kind.panics:
        shutil.copyfile(serial, truth / "console")


def _boot(kernel: Kernel, kind: Scenario, guest: rootfs.GuestFiles, scratch: Path, flat: Path, serial: Path) -> None:
    """Boot and dump. Try again with fresh disks if the guest dies. ``serial`` keeps the text of the console."""
    pristine = guest.root_disk.with_suffix(".pristine")
    guest.root_disk.rename(pristine)
    for attempt in range(1, BOOT_ATTEMPTS + 1):
        shutil.copyfile(pristine, guest.root_disk)
        serial.unlink(missing_ok=True)
        image = kernel.folder / "vmlinuz"
        machine = qemu.Machine(
            image,
            guest.initrd,
            guest.root_disk,
            guest.truth_disk,
            serial,
            kernel.architecture,
            kind.arguments,
            kind.panics,
            kind.memory_mb,
        )
        try:
            larger = kind.memory_mb / scenarios.SCENARIOS[LIVE].memory_mb
            qemu.boot_and_dump(machine, scratch, flat, BOOT_TIMEOUT * larger, DUMP_TIMEOUT * larger)
            return
        except qemu.GuestDied as error:
            if attempt == BOOT_ATTEMPTS:
                raise
            print(f"The guest died. It is booted again.\n{error}", file=sys.stderr)


def extract_truth(disk: Path, folder: Path) -> None:
    """Unpack the truth into ``folder``. It is a tar at the start of the guest's second disk."""
    unpack_tarball(disk, folder, strip=0)


def read_utsname(truth: Path, machine: str) -> kdump.Utsname:
    """Return the utsname of the guest's kernel from the recorded truth."""

    def line(name: str) -> str:
        return (truth / "proc/sys/kernel" / name).read_text().strip()

    return kdump.Utsname(
        line("ostype"), line("hostname"), line("osrelease"), line("version"), machine, line("domainname")
    )


def link_or_copy(source: Path, dest: Path) -> None:
    """Make a hard link to a large file that never changes, or a copy if the file system has no hard links."""
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
    parser = argparse.ArgumentParser(description="Make a test vmcore and print the path of its folder.")
    parser.add_argument("--kernel", default=DEFAULT_SERIES, help="kernel series (default: %(default)s)")
    parser.add_argument("--target", default=X86_64.target, choices=ARCHITECTURES, help="crash target of the guest")
    parser.add_argument("--scenario", default=LIVE, choices=SCENARIOS, help="how the guest ends (default: %(default)s)")
    parser.add_argument("--cache", type=Path, default=default_cache_root(), help="cache folder (default: %(default)s)")
    parser.add_argument("--refresh", action="store_true", help="use the newest kernel of the mirrors")
    parser.add_argument("-v", "--verbose", action="store_true", help="show the output of each step")
    args = parser.parse_args(argv)
    try:
        print(make_vmcore(args.kernel, args.cache, args.verbose, args.refresh, args.target, args.scenario))
    except BuildError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
