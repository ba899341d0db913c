# SPDX-License-Identifier: GPL-3.0-or-later
"""The pairs that a command line builds. Planning builds and fetches nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.crash import tree as crash_tree
from mpykbuild.plan import matrix_table, options
from mpykbuild.plan import project as project_plan
from mpykbuild.plan.project import Project
from support.crashtrees import copy_tree
from support.pins import (
    CRASH,
    GDB_MAJOR,
    MACHINE,
    OTHER_CRASH,
    OTHER_GDB_MAJOR,
    OTHER_PYTHON,
    OTHER_TARGET,
    PINNED,
    PYTHON,
    TARGET,
    variant_name,
)

BOTH = f"{OTHER_CRASH}+{CRASH}"
OTHER_MACHINE = f"{MACHINE}-for-{OTHER_TARGET.lower()}"


def read(tmp_path: Path, targets: tuple[str, ...] = (), **given: str) -> Project:
    return project_plan.read_project(options.checked_values({"cache": str(tmp_path), **given}), tmp_path, targets)


def foreign_tree(folder: Path) -> Path:
    """Return a built crash tree whose program runs on this machine and reads the dumps of another one."""
    return copy_tree({"ARM64": "8.0.6-arm64", "X86_64": "8.0.2"}[OTHER_TARGET], folder, MACHINE)


def test_default_is_one_pair(tmp_path: Path) -> None:
    project = read(tmp_path)
    assert [variant.name for variant in project.variants] == [variant_name()]
    assert project.default.crash.gdb_major == GDB_MAJOR


def test_target_test_builds_all_rows_marked_always(tmp_path: Path) -> None:
    project = read(tmp_path, ("test",))
    always = matrix_table.always_tested(matrix_table.load_rows())
    assert len(project.variants) == len(always) > 1
    assert project.default.versions == tuple(PINNED.crash(name).version for name in always[0].crash.split(","))
    assert len(project.default.crash_by_gdb) == 2, "the default file supports two majors of gdb"
    assert len(project.crashes) == len({name for row in always for name in row.crash.split(",")})
    assert len(project.pythons) == len({row.python for row in always})


def test_target_test_with_a_pair_builds_only_that_pair(tmp_path: Path) -> None:
    project = read(tmp_path, ("test",), crash=OTHER_CRASH, python=OTHER_PYTHON)
    assert [variant.name for variant in project.variants] == [variant_name(OTHER_CRASH, OTHER_PYTHON)]


def test_planning_makes_no_files(tmp_path: Path) -> None:
    read(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_unknown_versions_name_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=re.escape(PYTHON)):
        read(tmp_path, python="2.7")
    with pytest.raises(BuildError, match=re.escape(OTHER_CRASH)):
        read(tmp_path, crash="1.0")


def test_python_product_does_not_depend_on_crash(tmp_path: Path) -> None:
    one, two = (read(tmp_path, crash=crash, python=OTHER_PYTHON) for crash in (CRASH, OTHER_CRASH))
    assert one.default.python.plan.product == two.default.python.plan.product
    assert one.default.crash.tree != two.default.crash.tree


def test_one_file_for_several_crashes(tmp_path: Path) -> None:
    project = read(tmp_path, crash=f"{CRASH}, {OTHER_CRASH}")
    assert [variant.name for variant in project.variants] == [variant_name(BOTH)]
    assert set(project.default.crash_by_gdb) == {GDB_MAJOR, OTHER_GDB_MAJOR}
    assert project.default.crash.version == CRASH, "the newest one, in any order"
    assert [crash.version for crash in project.crashes] == [OTHER_CRASH, CRASH]


def test_one_release_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="one release twice"):
        read(tmp_path, crash=f"{CRASH},{CRASH}")


def test_crashes_for_several_targets_are_refused(tmp_path: Path) -> None:
    tree = foreign_tree(tmp_path)
    with pytest.raises(BuildError, match="several targets"):
        read(tmp_path, crash=f"{tree},{CRASH}")


def test_target_of_another_machine(tmp_path: Path) -> None:
    pair = f"{CRASH},{OTHER_CRASH}"
    own, other = read(tmp_path, crash=pair), read(tmp_path, crash=pair, target=OTHER_TARGET.lower())
    assert other.default.name == variant_name(BOTH, machine=OTHER_MACHINE)
    assert {crash.target for crash in other.crashes} == {OTHER_TARGET}
    assert not {crash.tree for crash in own.crashes} & {crash.tree for crash in other.crashes}
    assert not {crash.plan and crash.plan.title for crash in own.crashes} & {
        crash.plan and crash.plan.title for crash in other.crashes
    }
    assert own.default.python.plan.product == other.default.python.plan.product, "Python does not depend on the target"
    assert (own.link_to_vmcore.name, other.link_to_vmcore.name) == ("vmcore", f"vmcore-{OTHER_TARGET.lower()}")
    assert read(tmp_path, target=TARGET).default.crash.tree == own.default.crash.tree


def test_a_scenario_has_its_own_vmcore(tmp_path: Path) -> None:
    own, other = read(tmp_path), read(tmp_path, scenario="sysrq")
    assert other.link_to_vmcore.name == "vmcore-sysrq"
    assert read(tmp_path, scenario="sysrq", target=OTHER_TARGET).link_to_vmcore.name.endswith("-sysrq")
    assert project_plan.vmcore_plan(own).product != project_plan.vmcore_plan(other).product
    assert project_plan.vmcore_plan(other).link == other.link_to_vmcore


def test_target_test_with_another_target_builds_one_pair(tmp_path: Path) -> None:
    project = read(tmp_path, ("test",), target=OTHER_TARGET)
    assert [variant.name for variant in project.variants] == [variant_name(machine=OTHER_MACHINE)]


def test_target_of_a_built_tree(tmp_path: Path) -> None:
    tree = foreign_tree(tmp_path)
    project = read(tmp_path, crash=str(tree))
    assert (project.target, project.link_to_vmcore.name) == (OTHER_TARGET, f"vmcore-{OTHER_TARGET.lower()}")
    assert read(tmp_path, crash=str(tree), target=OTHER_TARGET).default.crash == project.default.crash
    with pytest.raises(BuildError, match=f"is for dumps of {OTHER_TARGET}, not of {TARGET}"):
        read(tmp_path, crash=str(tree), target=TARGET)


def test_unknown_target_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="target= names the crash target 'ARM65'"):
        read(tmp_path, target="ARM65")


def test_crash_without_a_bridge_for_its_gdb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = copy_tree("7.2.8", tmp_path, MACHINE)
    assert read(tmp_path, crash=str(tree)).default.crash_by_gdb.keys() == {7}
    monkeypatch.setattr(crash_tree, "bridge_sources", lambda: {10: Path("x"), 16: Path("y")})
    for given in (str(tree), f"{tree},{CRASH}"):
        with pytest.raises(BuildError, match=r"crash 7\.2\.8 with gdb 7\.6; there is no bridge for gdb 7"):
            read(tmp_path, crash=given)


def test_path_with_a_comma_is_one_tree(tmp_path: Path) -> None:
    tree = copy_tree("9.0.2-debian-built", tmp_path, MACHINE).rename(tmp_path / "a,b")
    assert read(tmp_path, crash=str(tree)).default.crash.tree == tree


def test_audit_takes_a_program(tmp_path: Path) -> None:
    program = tmp_path / "crash"
    program.write_bytes(b"x")
    project = read(tmp_path, ("audit",), crash=str(program), mpykdump="x.so")
    assert (project.audited_program, project.audited_file) == (program, tmp_path / "x.so")
    assert [variant.name for variant in project.variants] == [variant_name()]
    with pytest.raises(BuildError, match="not a folder"):
        read(tmp_path, crash=str(program))
