# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools for host=: the error if they are missing, and the calls of the scripts. This needs no cross compiler."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.toolchain import cross_tools
from mpykbuild.toolchain.hosts import HOSTS, Host
from mpykbuild.toolchain.sysroot import Compilers
from support import crosstoolchain


def test_missing_tools_are_named_with_their_packages(tmp_path: Path) -> None:
    crosstoolchain.put_tools(tmp_path, HOSTS["s390x"], but="g++")
    with pytest.raises(BuildError) as raised:
        cross_tools.check_cross_tools(HOSTS["s390x"], str(tmp_path))
    assert raised.value.what == "host=s390x needs s390x-linux-gnu-g++, which this machine does not have."
    assert "g++-s390x-linux-gnu" in (raised.value.next_step or "")
    crosstoolchain.put_tools(tmp_path, HOSTS["s390x"])
    cross_tools.check_cross_tools(HOSTS["s390x"], str(tmp_path))


@pytest.mark.parametrize("host", HOSTS.values(), ids=lambda host: host.name)
def test_each_host_has_its_packages(host: Host) -> None:
    assert f"g++-{host.triplet}" in cross_tools.host_packages(host)


def test_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = HOSTS["s390x"]
    root = crosstoolchain.install(tmp_path / "bin", tmp_path / "cache", host, monkeypatch)
    found = cross_tools.cross_compilers(host, tmp_path / "cache")
    assert (found.cc, found.machine, found.tool("strip")) == ("s390x-linux-gnu-gcc", "s390x", "s390x-linux-gnu-strip")
    assert found.fallback_header_flags() == [
        "-isystem", str(root / "usr/include/x-linux-gnu"), "-isystem", str(root / "usr/include"),
    ]  # fmt: skip

    def run(path: str, *words: str) -> str:
        env = {**os.environ, "PATH": path}
        return subprocess.run(["/bin/sh", "-c", '"$@"', "sh", *words], env=env, capture_output=True, text=True).stdout

    plain, whole = cross_tools.search_path(found), cross_tools.search_path(found, with_libraries=True)
    assert run(plain, "ar", "rcs", "x y") == "s390x-linux-gnu-ar rcs x y\n"
    assert run(plain, "s390x-linux-gnu-gcc", "-c") == "s390x-linux-gnu-gcc -c\n"
    assert f"-L{root / 'usr/lib/x-linux-gnu'} " in run(whole, "s390x-linux-gnu-gcc", "-c")
    assert run(whole, "nm") == "s390x-linux-gnu-nm \n"
    assert not Path(found.tools, "ld").exists(), "this machine's own compiler would take it"


def test_emulator_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compilers = Compilers(host=HOSTS["s390x"], libraries="/libraries")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cross_tools.emulator_command(Compilers()) == []
    with pytest.raises(BuildError, match="there is no qemu-s390x in PATH"):
        cross_tools.emulator_command(compilers)
    (tmp_path / "qemu-s390x").touch(0o755)
    assert cross_tools.emulator_command(compilers) == [str(tmp_path / "qemu-s390x"), "-L", "/libraries"]
    (tmp_path / "qemu-riscv64").touch(0o755)
    foreign = Compilers(host=HOSTS["riscv64"], libraries="/libraries")
    assert cross_tools.emulator_command(foreign)[1:] == ["-L", "/usr/riscv64-linux-gnu"]


def test_libraries_of_another_machine_are_not_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = HOSTS["riscv64"]
    crosstoolchain.install(tmp_path / "bin", tmp_path / "cache", host, monkeypatch)
    found = cross_tools.cross_compilers(host, tmp_path / "cache")
    script = Path(found.tools, cross_tools.WITH_LIBRARIES, found.cc).read_text()
    assert "-isystem" in script
    assert "-L" not in script
