# SPDX-License-Identifier: GPL-3.0-or-later
"""The plans for ``host=``, with a fake cross compiler."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from mpykbuild.artefact import libdeflate
from mpykbuild.base.errors import BuildError
from mpykbuild.crash import build as crash_build
from mpykbuild.plan import options
from mpykbuild.plan import project as project_plan
from mpykbuild.plan.project import Project
from mpykbuild.python import cross as cross_python
from mpykbuild.toolchain.crash_targets import TARGETS
from mpykbuild.toolchain.hosts import HOSTS
from support import crosstoolchain
from support.crashtrees import copy_tree
from support.pins import MACHINE, OTHER_HOSTS, PINNED, variant_name


@pytest.fixture(params=OTHER_HOSTS)
def host(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    crosstoolchain.install(tmp_path / "bin", tmp_path, HOSTS[request.param], monkeypatch)
    return str(request.param)


def read(tmp_path: Path, targets: tuple[str, ...] = (), **given: str) -> Project:
    return project_plan.read_project(options.checked_values({"cache": str(tmp_path), **given}), tmp_path, targets)


def test_host_build_shares_no_product_with_the_native_build(tmp_path: Path, host: str) -> None:
    own, other = read(tmp_path), read(tmp_path, ("test",), host=host)
    assert [variant.name for variant in other.variants] == [variant_name(machine=host)]
    assert other.target == HOSTS[host].target.name
    assert other.default.crash.has_program is (HOSTS[host].crash == "program")

    def plans(project: Project) -> list[str]:
        crash = project.default.crash.plan
        assert crash
        found = (project.libdeflate, project.default.python.plan, crash)
        return [word for plan in found for word in (plan.title, plan.product.key)]

    assert not set(plans(own)) & set(plans(other))
    assert all(title.endswith(f"-{host}") for title in plans(other)[::2])
    objects = [project_plan.objects_folder(project.cache, project.compilers) for project in (own, other)]
    assert objects[0] != objects[1]


BUILDERS = {crash_build: "build_crash", cross_python: "build_cross_python", libdeflate: "build_libdeflate"}


@pytest.mark.parametrize("build", BUILDERS, ids=lambda module: module.__name__[10:])
def test_launcher_starts_the_cross_compiler(tmp_path: Path, host: str, monkeypatch: pytest.MonkeyPatch, build) -> None:  # type: ignore[no-untyped-def]
    """It starts the same compiler with the same flags as a build without launcher."""
    program = tmp_path / "launchers" / "ccache"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "ccache starts $1"\nexec "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    compiler = HOSTS[host].tool("gcc")
    outputs: list[str] = []

    def compile_one(*_: object, path: str | None = None, **__: object) -> Path:
        env = {"PATH": path or os.environ["PATH"]}
        outputs.append(subprocess.check_output([compiler, "-c", "x.c"], env=env, text=True))
        return tmp_path

    monkeypatch.setattr(build, BUILDERS[build], compile_one)
    for given in ({}, {"launcher": "ccache"}):
        project = read(tmp_path, host=host, **given)
        crash = project.default.crash.plan
        assert crash
        plans = {crash_build: crash, cross_python: project.default.python.plan, libdeflate: project.libdeflate}
        plans[build].make()
    assert outputs[0].endswith("-c x.c\n")
    assert outputs[1] == f"ccache starts {compiler}\n{outputs[0]}"


def test_error_says_what_cannot_be_built_for_the_host(tmp_path: Path, host: str) -> None:
    with pytest.raises(BuildError, match=f"crash {PINNED.crash('8').version} cannot be built for host"):
        read(tmp_path, host=host, crash="8")
    with pytest.raises(BuildError, match=f"Python {PINNED.python('3.9').version} cannot be built for host"):
        read(tmp_path, host=host, python="3.9")
    with pytest.raises(BuildError, match=r"prebuilt:3\.14 cannot be used with host"):
        read(tmp_path, host=host, python="prebuilt:3.14")
    target = next(name for name in TARGETS if name != HOSTS[host].target.name)
    with pytest.raises(BuildError, match=f"with target={target}"):
        read(tmp_path, host=host, target=target)
    with pytest.raises(BuildError, match="a cross compiler has its own C library"):
        read(tmp_path, host=host, sysroot=str(tmp_path))


def test_built_tree_of_another_machine_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = OTHER_HOSTS[0]
    crosstoolchain.install(tmp_path / "bin", tmp_path, HOSTS[host], monkeypatch)
    own = copy_tree("9.0.2-debian-built", tmp_path, MACHINE)
    with pytest.raises(BuildError, match=f"runs on {MACHINE}, but this machine is {host}"):
        read(tmp_path, host=host, crash=str(own))


def test_missing_cross_compiler_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = OTHER_HOSTS[0]
    monkeypatch.setenv("PATH", str(crosstoolchain.put_tools(tmp_path / "bin", HOSTS[host], but="gcc")))
    with pytest.raises(BuildError, match=re.escape(f"host={host} needs {HOSTS[host].tool('gcc')}")):
        read(tmp_path, host=host)
