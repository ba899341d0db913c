# SPDX-License-Identifier: GPL-3.0-or-later
"""``./sconsw test host=NAME``: what was built is for that machine, and its crash runs there (under qemu-user here)."""

from __future__ import annotations

import platform
import re
import subprocess

import pytest
from elftools.elf.elffile import ELFFile

from mpykbuild.hosts import HOSTS, Host
from mpykbuild.needs import read
from support.session import CrashSession, Variant, environment


@pytest.fixture(scope="module")
def host(variant: Variant) -> Host:
    name = variant.name.partition("-")[0]
    if name not in HOSTS or name == platform.machine():
        pytest.skip(f"is for another machine than {platform.machine()}: ./sconsw test host=aarch64")
    return HOSTS[name]


def test_both_files_are_for_the_host(variant: Variant, host: Host) -> None:
    for path in (variant.extension, variant.crash):
        with path.open("rb") as stream:
            elf = ELFFile(stream)
            assert elf["e_machine"] == host.target.elf_machine
            assert elf.little_endian is (host.target.endianness != "big")


def test_crash_says_its_version(variant: Variant, host: Host) -> None:
    done = subprocess.run([*variant.command, "-v"], env=environment(), capture_output=True, text=True, check=True)
    assert re.search(r"^crash (\S+)", done.stdout, re.M)[1].startswith(variant.crash_version)  # type: ignore[index]


def test_extension_says_what_it_was_built_for(variant: Variant, host: Host) -> None:
    assert read(variant.extension).crashes == tuple(variant.built_for)


def test_interpreter_is_that_of_the_host(crash_session: CrashSession, host: Host, variant: Variant) -> None:
    """What the kernel, or qemu-user in its place, tells the interpreter inside of crash."""
    shown = crash_session.run("epython -V")
    assert f"Python {variant.python}" in shown
