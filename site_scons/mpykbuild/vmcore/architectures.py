# SPDX-License-Identifier: GPL-3.0-or-later
"""The architectures of which a test vmcore can be made, as rows of data. They are emulated, whatever the host is."""

from __future__ import annotations

from dataclasses import dataclass

from mpykbuild.base.errors import BuildError


@dataclass(frozen=True)
class Architecture:
    """How a guest of one architecture is got, built and booted.

    ``target`` is crash's word for it, ``debian`` Debian's, ``machine`` that of ``uname -m``. ``tools`` begins the names
    of the compiler and the binutils. ``hardware`` are QEMU's arguments for the machine, ``console`` its serial line,
    ``arguments`` what else its kernel is told.
    ``phys_base`` is the line of vmcoreinfo that says where the kernel's memory begins, ``phys_base_radix`` how that is
    written there. ``packages`` have the emulator and the compiler, on Debian and on Fedora.
    """

    target: str
    debian: str
    machine: str
    tools: str
    emulator: str
    hardware: tuple[str, ...]
    console: str
    arguments: str
    phys_base: str
    phys_base_radix: int
    packages: str

    @property
    def compiler(self) -> str:
        return f"{self.tools}gcc"


X86_64 = Architecture(
    target="X86_64",
    debian="amd64",
    machine="x86_64",
    tools="",
    emulator="qemu-system-x86_64",
    # la57 would give five levels of page tables, which older crash releases do not follow. QEMU 7.2 emulates the
    # interrupted cmpxchg16b of the slab allocator with wrong flags (about one boot in five ends in a double fault).
    hardware=("-machine", "q35", "-cpu", "max,la57=off,cx16=off"),
    console="ttyS0",
    # The kernel counts ticks while it boots; on a busy host too few come, and it panics over the timer's wiring.
    arguments="no_timer_check",
    phys_base="NUMBER(phys_base)",
    phys_base_radix=10,
    packages="qemu-system-x86 and gcc (Debian), qemu-system-x86-core and gcc (Fedora)",
)
ARM64 = Architecture(
    target="ARM64",
    debian="arm64",
    machine="aarch64",
    tools="aarch64-linux-gnu-",
    emulator="qemu-system-aarch64",
    # A processor without pointer authentication, which is slow to emulate.
    hardware=("-machine", "virt,gic-version=3", "-cpu", "cortex-a57"),
    console="ttyAMA0",
    arguments="",
    phys_base="NUMBER(PHYS_OFFSET)",
    phys_base_radix=16,
    packages="qemu-system-arm and gcc-aarch64-linux-gnu (Debian), "
    "qemu-system-aarch64-core and gcc-aarch64-linux-gnu (Fedora)",
)
ARCHITECTURES = {row.target: row for row in (X86_64, ARM64)}


def architecture(target: str) -> Architecture:
    """Return the row for a crash target. Raises BuildError when no guest of it can be made."""
    if target not in ARCHITECTURES:
        raise BuildError(
            f"No test vmcore can be made for the crash target {target}.",
            f"use one of {', '.join(ARCHITECTURES)}, or add a row to site_scons/mpykbuild/vmcore/architectures.py.",
        )
    return ARCHITECTURES[target]
