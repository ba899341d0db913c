# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the architectures for which a test vmcore can be made. The guest is always emulated, on each host."""

from __future__ import annotations

from dataclasses import dataclass

from mpykbuild.base.errors import BuildError


@dataclass(frozen=True)
class Architecture:
    """What a guest of one architecture needs to be built and booted.

    ``target`` is crash's name of the architecture, ``debian`` is Debian's, ``machine`` is that of ``uname -m``.
    ``tools`` is the prefix of the names of the compiler and the binutils. ``hardware`` are QEMU's arguments for the
    machine, ``console`` is its serial line, ``arguments`` are further arguments of its kernel.
    ``phys_base`` is the key in vmcoreinfo for the start of the kernel's memory, and ``phys_base_radix`` is the base of
    that number. ``packages`` names the packages of the emulator and the compiler, for messages.
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
    # la57=off: older crash releases cannot read page tables with five levels. cx16=off: QEMU 7.2 sets wrong flags when
    # cmpxchg16b is interrupted in the slab allocator (about one boot in five ends in a double fault).
    hardware=("-machine", "q35", "-cpu", "max,la57=off,cx16=off"),
    console="ttyS0",
    # The kernel counts timer ticks while it boots. On a busy host it counts too few and panics.
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
    # This processor has no pointer authentication, because its emulation is slow.
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
    """Return the row for a crash target. Raises BuildError if the table has no such row."""
    if target not in ARCHITECTURES:
        raise BuildError(
            f"No test vmcore can be made for the crash target {target}.",
            f"use one of {', '.join(ARCHITECTURES)}, or add a row to site_scons/mpykbuild/vmcore/architectures.py.",
        )
    return ARCHITECTURES[target]
