# SPDX-License-Identifier: GPL-3.0-or-later
"""``./sconsw test host=NAME``: the built files are for that machine, and run under qemu-user here."""

from __future__ import annotations

import platform
import re
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from mpykbuild.crash.requirements_section import read_requirements
from mpykbuild.toolchain.hosts import HOSTS, Host
from support.session import CrashSession, Variant, environment

LOADER = """
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
    void *handle = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL) : NULL;
    puts(handle ? "loaded" : dlerror());
    puts(handle && dlclose(handle) == 0 ? "closed" : "not closed");
    return 0;
}
"""


@pytest.fixture(scope="module")
def host(variant: Variant) -> Host:
    name = variant.name.partition("-")[0]
    if name not in HOSTS or name == platform.machine():
        pytest.skip(f"needs a build for another machine than {platform.machine()}: ./sconsw test host=aarch64")
    return HOSTS[name]


@pytest.fixture(scope="module")
def crash_program(variant: Variant, host: Host) -> Path:
    if not variant.crash.is_file():
        pytest.skip(f"for {host.name} the build prepares only the headers of crash")
    return variant.crash


@pytest.fixture(scope="module")
def loader(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loader")
    (folder / "load.c").write_text(LOADER)
    program: Path = folder / "load"
    subprocess.run([host.tool("gcc"), "-o", program, folder / "load.c", "-ldl"], check=True)
    return program


def test_file_is_for_the_host(variant: Variant, host: Host) -> None:
    check_machine(variant.extension, host)


def test_crash_is_for_the_host(crash_program: Path, host: Host) -> None:
    check_machine(crash_program, host)


def check_machine(path: Path, host: Host) -> None:
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        assert elf["e_machine"] == host.target.elf_machine
        assert elf.little_endian is (host.target.endianness != "big")


def test_loaded_outside_crash_it_prints_a_message_and_unloads(variant: Variant, host: Host, loader: Path) -> None:
    """The C library has all that the file needs, its constructor runs, and dlclose() unloads it completely."""
    command = [*variant.runner, loader, variant.extension]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    message, loaded, closed = done.stdout.splitlines()
    assert message.startswith(f"mpykdump: this file was built for crash {variant.built_for[-1]}, ")
    assert (loaded, closed, done.returncode) == ("loaded", "closed", 1)


def test_crash_prints_its_version(variant: Variant, crash_program: Path) -> None:
    done = subprocess.run([*variant.command, "-v"], env=environment(), capture_output=True, text=True, check=True)
    assert re.search(r"^crash (\S+)", done.stdout, re.M)[1].startswith(variant.crash_version)  # type: ignore[index]


def test_extension_names_the_crash_that_it_was_built_for(variant: Variant, host: Host) -> None:
    assert read_requirements(variant.extension).crashes == tuple(variant.built_for)


def test_python_runs_inside(crash_program: Path, variant: Variant, request: pytest.FixtureRequest) -> None:
    session: CrashSession = request.getfixturevalue("crash_session")
    assert f"Python {variant.python}" in session.run("epython -V")
