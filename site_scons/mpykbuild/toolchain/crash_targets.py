# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the architectures whose dumps a crash can analyse."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import Literal

from mpykbuild.base.errors import BuildError

# This file, for messages.
TABLE = "site_scons/mpykbuild/toolchain/crash_targets.py"


@dataclass(frozen=True)
class Target:
    """One ``TARGET=`` of crash's Makefile.

    ``machines`` are the ``uname -m`` names of the hosts that build for this target by default. ``elf_machine`` is the
    ``e_machine`` of the programs of these hosts. ``pointer_size`` is in bytes. ``endianness`` is "either" if the
    target's dumps may have both byte orders.
    """

    name: str
    machines: tuple[str, ...]
    elf_machine: str
    pointer_size: int
    endianness: Literal["little", "big", "either"]


TARGETS: dict[str, Target] = {
    row.name: row
    for row in (
        Target("X86", ("i386", "i486", "i586", "i686"), "EM_386", 4, "little"),
        Target("X86_64", ("x86_64", "amd64"), "EM_X86_64", 8, "little"),
        Target("ARM", ("arm", "armv5tel", "armv6l", "armv7l", "armv8l"), "EM_ARM", 4, "little"),
        Target("ARM64", ("aarch64", "arm64"), "EM_AARCH64", 8, "little"),
        Target("PPC", ("ppc", "powerpc"), "EM_PPC", 4, "big"),
        Target("PPC64", ("ppc64le", "ppc64", "powerpc64le", "powerpc64"), "EM_PPC64", 8, "either"),
        Target("S390", ("s390",), "EM_S390", 4, "big"),
        Target("S390X", ("s390x",), "EM_S390", 8, "big"),
        Target("IA64", ("ia64",), "EM_IA_64", 8, "little"),
        Target("ALPHA", ("alpha",), "EM_ALPHA", 8, "little"),
        Target("MIPS", ("mips", "mipsel"), "EM_MIPS", 4, "either"),
        Target("MIPS64", ("mips64", "mips64el"), "EM_MIPS", 8, "either"),
        Target("SPARC64", ("sparc64", "sun4u"), "EM_SPARCV9", 8, "big"),
        Target("RISCV64", ("riscv64",), "EM_RISCV", 8, "little"),
        Target("LOONGARCH64", ("loongarch64",), "EM_LOONGARCH", 8, "little"),
    )
}


def known_names() -> str:
    """Return the names of all targets as a text for messages."""
    return ", ".join(TARGETS)


def target(name: str, where: str = "The build") -> Target:
    """Return the row of the target ``name``. Raises BuildError, whose sentence begins with ``where``."""
    if name not in TARGETS:
        raise BuildError(
            f"{where} names the crash target {name!r}, which is not known.",
            f"use a crash tree for one of {known_names()}, or add a row to {TABLE}.",
        )
    return TARGETS[name]


def host_target(machine: str | None = None) -> Target:
    """Return the target that crash's configure chooses on a host whose ``uname -m`` is ``machine``."""
    name = machine or platform.machine()
    for row in TARGETS.values():
        if name in row.machines:
            return row
    raise BuildError(
        f"The name of this machine is {name!r} (uname -m), and no crash target has that name.",
        f"build on a machine for one of {known_names()}, or add the name to {TABLE}.",
    )


def machine_of_elf(elf_machine: str, pointer_size: int, little_endian: bool) -> str:
    """Return the ``uname -m`` name for the values of an ELF header, or ``elf_machine`` if no row fits."""
    for row in TARGETS.values():
        if row.elf_machine == elf_machine and row.pointer_size == pointer_size:
            if row.name == "PPC64":
                return "ppc64le" if little_endian else "ppc64"
            if row.name in ("MIPS", "MIPS64"):
                return row.machines[1 if little_endian else 0]
            return row.machines[0]
    return elf_machine
