# SPDX-License-Identifier: GPL-3.0-or-later
"""crash for another machine: the refused requests, the arguments of make, and the checks of the result."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.run_log import RunLog
from mpykbuild.crash import build as crash_build
from mpykbuild.crash import cross as cross_crash
from mpykbuild.crash import tree as crash_tree
from mpykbuild.toolchain.hosts import HOSTS
from mpykbuild.toolchain.sysroot import Compilers
from support.crashtrees import copy_tree

ENVIRONMENT = {"PATH": os.environ["PATH"]}


def test_what_cannot_be_built() -> None:
    host = HOSTS["aarch64"]
    cross_crash.check_crash_for_host("9.0.0", "ARM64", host)
    with pytest.raises(BuildError, match=r"crash 8\.9\.9 cannot be built for host=aarch64"):
        cross_crash.check_crash_for_host("8.9.9", "ARM64", host)
    with pytest.raises(BuildError, match=r"host=aarch64 with target=X86_64: .* reads that machine's dumps only"):
        cross_crash.check_crash_for_host("9.0.0", "X86_64", host)


def test_the_command_of_make_has_both_names_of_the_machine() -> None:
    assert cross_crash.make_command(HOSTS["ppc64le"]) == [
        "make",
        "CROSS_COMPILE=powerpc64le-linux-gnu-",
        "ARCH=ppc64le",
    ]


def test_keys(tmp_path: Path) -> None:
    one = Compilers(key="1", host=HOSTS["s390x"])
    two = (replace(one, key="2"), Compilers(key="1", host=HOSTS["ppc64le"]))
    products = [cross_crash.cross_crash_product("source", "1.2", tmp_path, compilers) for compilers in (one, *two)]
    assert len({product.key for product in products}) == 3
    assert [product.name for product in products] == ["1.2-s390x", "1.2-s390x", "1.2-ppc64le"]


@pytest.mark.parametrize("name", HOSTS)
def test_steps_follow_the_table(name: str) -> None:
    host = HOSTS[name]
    steps = cross_crash.cross_steps(Compilers(host=host))
    assert steps.strip == (host.tool("strip") if host.crash == "program" else "strip")


def test_program_of_another_machine_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A make that ignores CROSS_COMPILE gives a program for this machine."""
    monkeypatch.setattr(shutil, "which", lambda name: None)
    root = copy_tree("9.0.2-debian-built", tmp_path, "x86_64")
    wanted = crash_tree.parse_tree(root)
    check = cross_crash.cross_steps(Compilers(host=HOSTS["aarch64"])).check
    with pytest.raises(BuildError, match=r"but made crash 9\.0\.2 for x86_64"):
        check(root, wanted, tmp_path / "log", ENVIRONMENT)
    (root / "crash").unlink()
    with pytest.raises(BuildError, match="but made no crash program"):
        check(root, wanted, tmp_path / "log", ENVIRONMENT)


def test_program_that_does_not_run_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = copy_tree("9.0.2-debian-built", tmp_path, "aarch64")
    wanted = crash_tree.parse_tree(root)
    emulator = tmp_path / "qemu"
    emulator.write_text('#!/bin/sh\n[ "$1 $2" = "-L /libraries" ] && echo "crash $SAID"\n')
    emulator.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(emulator) if name == "qemu-aarch64" else None)
    check = cross_crash.cross_steps(Compilers(host=HOSTS["aarch64"], libraries="/libraries")).check
    built = check(root, wanted, tmp_path / "log", {**ENVIRONMENT, "SAID": wanted.release})
    assert built.host_arch == "aarch64"
    with pytest.raises(BuildError, match="ends with status 0: crash 1"):
        check(root, wanted, tmp_path / "log", {**ENVIRONMENT, "SAID": "1"})


def test_headers_without_a_program(tmp_path: Path) -> None:
    root = copy_tree("9.0.2-debian-built", tmp_path, "x86_64")
    (root / "crash").unlink()
    wanted = replace(crash_tree.parse_tree(root), target="X86_64")
    check = cross_crash.cross_steps(Compilers(host=HOSTS["s390x"])).check
    made = check(root, wanted, tmp_path / "log", ENVIRONMENT)
    assert (made.configured, made.built) == (True, False)
    with pytest.raises(BuildError, match=r"the tree is for crash 9\.0\.2 for X86_64"):
        check(root, replace(wanted, target="S390X"), tmp_path / "log", ENVIRONMENT)
    (made.gdb_dir or root).joinpath("gdb", "config.h").unlink()
    with pytest.raises(BuildError, match="its gdb is not configured"):
        check(root, wanted, tmp_path / "log", ENVIRONMENT)


def test_headers_are_enough_for_another_machine_only(tmp_path: Path) -> None:
    root = copy_tree("9.0.2-debian-built", tmp_path, "x86_64")
    (root / "crash").unlink()
    tree = crash_tree.parse_tree(root)
    assert "-DCRASH_MERGE" in crash_tree.compile_flags(tree, "c++", "s390x")
    with pytest.raises(BuildError, match="is not built"):
        crash_tree.compile_flags(tree, "c++")


def test_steps_of_headers_are_taken_in_order(tmp_path: Path) -> None:
    """Stand-ins for make and configure record their arguments. crash's make unpacks gdb."""
    called = tmp_path / "called"
    root = copy_tree("9.0.2-debian-built", tmp_path, "x86_64")
    tree = replace(crash_tree.parse_tree(root), target="S390X")
    for script in (tmp_path / "bin/make", root / "configure", root / tree.gdb_name / "configure"):
        script.parent.mkdir(exist_ok=True)
        script.write_text(f'#!/bin/sh\necho "${{0##*/}} $*" >> {called}\n')
        script.chmod(0o755)
    env = {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    cross_crash.cross_steps(Compilers(host=HOSTS["s390x"])).compile(tree, RunLog("x", tmp_path / "log", False), 3, env)
    lines = called.read_text().splitlines()
    cross = "CROSS_COMPILE=s390x-linux-gnu- ARCH=s390x"
    assert lines[:3] == [f"make {cross} make_configure", "configure -p RPMPKG= -b", f"make {cross} gdb_unzip"]
    assert lines[3].startswith("configure --host=s390x-linux-gnu ")
    assert set(crash_build.GDB_CONFIGURE_FLAGS) <= set(lines[3].split())
    assert [line.split()[-1] for line in lines[4:]] == ["configure-gdbsupport", "bfd.h", "configure-gdb"]
    assert all("CRASH_TARGET=S390X" in line for line in lines[4:])
    assert (root / tree.gdb_name / "crash.target").read_text() == "S390X\n"
