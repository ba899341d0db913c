# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of hosts agrees with the table of crash targets, the table of packages and the cross compilers."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from mpykbuild.base.paths import PROJECT
from mpykbuild.toolchain import crash_targets, hosts

PACKAGES = PROJECT / "requirements" / "system-packages.tsv"
BIG_ENDIAN = {"s390x"}


@pytest.mark.parametrize("host", hosts.HOSTS.values(), ids=lambda host: host.name)
def test_rows(host: hosts.Host) -> None:
    assert host.name in host.target.machines
    assert host.target.pointer_size == 8
    assert (host.target.endianness == "big") is (host.name in BIG_ENDIAN)
    little = host.name not in BIG_ENDIAN
    assert crash_targets.machine_of_elf(host.target.elf_machine, 8, little) == host.name


@pytest.mark.parametrize("host", hosts.HOSTS.values(), ids=lambda host: host.name)
def test_package_of_the_host_has_its_compiler(host: hosts.Host) -> None:
    rows = [line.split("\t") for line in PACKAGES.read_text().splitlines() if not line.startswith("#")]
    packages = [debian.removeprefix("g++-") for group, debian, _ in rows if group == host.group]
    assert [f"{machine}-g++" for machine in packages] == [host.tool("g++")]


@pytest.mark.parametrize("host", hosts.HOSTS.values(), ids=lambda host: host.name)
def test_compiler_of_the_host_makes_objects_for_it(host: hosts.Host, tmp_path: Path) -> None:
    if shutil.which(host.tool("gcc")) is None:
        pytest.skip(f"needs {host.tool('gcc')}")
    subprocess.run([host.tool("gcc"), "-c", "-x", "c", "/dev/null", "-o", tmp_path / "x.o"], check=True)
    with (tmp_path / "x.o").open("rb") as stream:
        elf = ELFFile(stream)
        assert crash_targets.machine_of_elf(elf["e_machine"], elf.elfclass // 8, elf.little_endian) == host.name


def test_libraries_of_another_machine_are_not_linked() -> None:
    for host in hosts.HOSTS.values():
        assert host.crash == "headers" or host.libraries == host.debian


def test_host_of_the_machine_itself_is_none() -> None:
    assert hosts.requested_host("", "x86_64") is None
    assert hosts.requested_host("aarch64", "aarch64") is None
    assert hosts.requested_host("aarch64", "x86_64") == hosts.HOSTS["aarch64"]
