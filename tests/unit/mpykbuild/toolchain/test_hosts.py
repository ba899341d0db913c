# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of hosts agrees with the table of crash targets."""

from __future__ import annotations

import pytest

from mpykbuild.toolchain import crash_targets, hosts

BIG_ENDIAN = {"s390x"}


@pytest.mark.parametrize("host", hosts.HOSTS.values(), ids=lambda host: host.name)
def test_rows(host: hosts.Host) -> None:
    assert host.name in host.target.machines
    assert host.target.pointer_size == 8
    assert (host.target.endianness == "big") is (host.name in BIG_ENDIAN)
    little = host.name not in BIG_ENDIAN
    assert crash_targets.machine_of_elf(host.target.elf_machine, 8, little) == host.name
    assert host.tool("gcc") == f"{host.triplet}-gcc"
    assert host.emulator == f"qemu-{host.name}"


def test_libraries_of_another_machine_are_not_linked() -> None:
    for host in hosts.HOSTS.values():
        assert host.crash == "headers" or host.libraries == host.debian


def test_host_of_the_machine_itself_is_none() -> None:
    assert hosts.requested_host("", "x86_64") is None
    assert hosts.requested_host("aarch64", "aarch64") is None
    assert hosts.requested_host("aarch64", "x86_64") == hosts.HOSTS["aarch64"]
