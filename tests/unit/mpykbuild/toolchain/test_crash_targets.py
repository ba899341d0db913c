# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of crash targets."""

from __future__ import annotations

import platform
import re

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.toolchain.crash_targets import TARGETS, host_target, machine_of_elf, target
from support.crashtrees import FIXTURES

# crash's configure has a line such as: #define TARGET_X86 "TARGET=X86". Not all of the trimmed trees have these lines.
TARGET_IN_CONFIGURE = re.compile(r'^#define +TARGET_\w+\s+"TARGET=(\w+)"$', re.M)


def test_targets_are_those_of_crash() -> None:
    trees = FIXTURES.glob("*/configure.c")
    assert set(TARGETS) == {name for tree in trees for name in TARGET_IN_CONFIGURE.findall(tree.read_text())}


def test_no_machine_belongs_to_two_targets() -> None:
    machines = [machine for row in TARGETS.values() for machine in row.machines]
    assert len(machines) == len(set(machines))


@pytest.mark.parametrize(
    ("machine", "name"),
    [("x86_64", "X86_64"), ("i686", "X86"), ("aarch64", "ARM64"), ("ppc64le", "PPC64"), ("s390x", "S390X")],
)
def test_host_target(machine: str, name: str) -> None:
    assert host_target(machine).name == name


def test_host_target_is_this_machines_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "s390x")
    assert host_target().name == "S390X"


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
