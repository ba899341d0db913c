# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of crash targets."""

from __future__ import annotations

import platform

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.toolchain.crash_targets import TARGETS, host_target, machine_of_elf, target


def test_every_target_of_crash_is_known() -> None:
    names = "X86 X86_64 ARM ARM64 PPC PPC64 S390 S390X IA64 ALPHA MIPS MIPS64 SPARC64 RISCV64 LOONGARCH64"
    assert set(TARGETS) == set(names.split())


def test_no_machine_belongs_to_two_targets() -> None:
    machines = [machine for row in TARGETS.values() for machine in row.machines]
    assert len(machines) == len(set(machines))


@pytest.mark.parametrize(
    ("machine", "name"),
    [("x86_64", "X86_64"), ("i686", "X86"), ("aarch64", "ARM64"), ("ppc64le", "PPC64"), ("s390x", "S390X")],
)
def test_host_target(machine: str, name: str) -> None:
    assert host_target(machine).name == name


def test_this_machine_has_a_target() -> None:
    assert platform.machine() in host_target().machines


def test_unknown_target_lists_the_known_ones() -> None:
    with pytest.raises(BuildError) as caught:
        target("VAX", "The crash tree /src/crash")
    assert caught.value.what == "The crash tree /src/crash names the crash target 'VAX', which is not known."
    assert all(name in caught.value.next_step for name in TARGETS)


def test_unknown_machine_names_itself() -> None:
    with pytest.raises(BuildError, match="'pdp11'"):
        host_target("pdp11")


@pytest.mark.parametrize(
    ("header", "machine"),
    [
        (("EM_X86_64", 8, True), "x86_64"),
        (("EM_386", 4, True), "i386"),
        (("EM_PPC64", 8, True), "ppc64le"),
        (("EM_PPC64", 8, False), "ppc64"),
        (("EM_S390", 8, False), "s390x"),
        (("EM_MIPS", 8, True), "mips64el"),
        (("EM_68K", 4, False), "EM_68K"),
    ],
)
def test_machine_of_elf(header: tuple[str, int, bool], machine: str) -> None:
    assert machine_of_elf(*header) == machine
