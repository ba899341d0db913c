# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command line means: which pairs are built, and that nothing is fetched to find out."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.crash import tree as crash_tree
from mpykbuild.plan import matrix_table, options
from mpykbuild.plan import project as project_plan
from mpykbuild.plan.project import Project
from support.crashtrees import copy_tree
from support.pins import CRASH, MACHINE, OTHER_CRASH, PINNED, variant_name


def read(tmp_path: Path, targets: tuple[str, ...] = (), **given: str) -> Project:
    return project_plan.read_project(options.checked_values({"cache": str(tmp_path), **given}), tmp_path, targets)


def test_default_is_one_pair(tmp_path: Path) -> None:
    project = read(tmp_path)
    assert [variant.name for variant in project.variants] == [variant_name()]
    assert project.default.crash.gdb_major == int(PINNED.crash().gdb.split(".")[0])


def test_tests_build_every_tested_pair_and_each_product_once(tmp_path: Path) -> None:
    project = read(tmp_path, ("test",))
    always = matrix_table.always_tested(matrix_table.load_rows())
    assert len(project.variants) == len(always) > 1
    assert project.default.versions == (OTHER_CRASH, CRASH), "the first one is a file for two majors of gdb"
    assert len(project.crashes) == 2
    assert len(project.pythons) == len({row.python for row in always})


def test_a_chosen_pair_is_tested_alone(tmp_path: Path) -> None:
    project = read(tmp_path, ("test",), crash=OTHER_CRASH, python="3.11")
    assert [variant.name for variant in project.variants] == [variant_name(OTHER_CRASH, "3.11")]


def test_nothing_is_fetched_or_made(tmp_path: Path) -> None:
    read(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_unknown_versions_name_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"3\.13\.15"):
        read(tmp_path, python="2.7")
    with pytest.raises(BuildError, match=r"8\.0\.6"):
        read(tmp_path, crash="1.0")


def test_products_of_a_pair_do_not_depend_on_the_other_half(tmp_path: Path) -> None:
    one, two = read(tmp_path, crash="9.0.2", python="3.11"), read(tmp_path, crash="8.0.6", python="3.11")
    assert one.default.python.plan.product == two.default.python.plan.product
    assert one.default.crash.tree != two.default.crash.tree


def test_one_file_for_several_crashes(tmp_path: Path) -> None:
    project = read(tmp_path, crash="9.0.2, 8.0.6")
    assert [variant.name for variant in project.variants] == ["x86_64-crash8.0.6+9.0.2-cp313"]
    assert sorted(project.default.bridged) == [10, 16]
    assert project.default.crash.version == "9.0.2", "the newest, whatever the order"
    assert [crash.version for crash in project.crashes] == ["8.0.6", "9.0.2"]


def test_one_release_given_twice(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="one release twice"):
        read(tmp_path, crash="9.0.2,9.0.2")


def test_crashes_for_several_targets(tmp_path: Path) -> None:
    tree = copy_tree("8.0.6-arm64", tmp_path, "x86_64")
    with pytest.raises(BuildError, match="several targets"):
        read(tmp_path, crash=f"{tree},{CRASH}")


def test_a_target_that_is_not_this_machines(tmp_path: Path) -> None:
    own, other = read(tmp_path, crash="9.0.2,8.0.6"), read(tmp_path, crash="9.0.2,8.0.6", target="arm64")
    assert other.default.name == "x86_64-for-arm64-crash8.0.6+9.0.2-cp313"
    assert {crash.target for crash in other.crashes} == {"ARM64"}
    assert not {crash.tree for crash in own.crashes} & {crash.tree for crash in other.crashes}
    assert not {crash.plan and crash.plan.title for crash in own.crashes} & {
        crash.plan and crash.plan.title for crash in other.crashes
    }
    assert own.default.python.plan.product == other.default.python.plan.product, "Python knows nothing of targets"
    assert (own.link_to_vmcore.name, other.link_to_vmcore.name) == ("vmcore", "vmcore-arm64")
    assert read(tmp_path, target="X86_64").default.crash.tree == own.default.crash.tree


def test_a_target_is_tested_alone(tmp_path: Path) -> None:
    project = read(tmp_path, ("test",), target="ARM64")
    assert [variant.name for variant in project.variants] == ["x86_64-for-arm64-crash9.0.2-cp313"]


def test_the_target_of_a_tree_that_is_there(tmp_path: Path) -> None:
    tree = copy_tree("8.0.6-arm64", tmp_path, "x86_64")
    project = read(tmp_path, crash=str(tree))
    assert (project.target, project.link_to_vmcore.name) == ("ARM64", "vmcore-arm64")
    assert read(tmp_path, crash=str(tree), target="ARM64").default.crash == project.default.crash
    with pytest.raises(BuildError, match="is for dumps of ARM64, not of X86_64"):
        read(tmp_path, crash=str(tree), target="X86_64")


def test_an_unknown_target(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="target= names the crash target 'ARM65'"):
        read(tmp_path, target="ARM65")


def test_crash_without_a_bridge_for_its_gdb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = copy_tree("7.2.8", tmp_path, MACHINE)
    assert read(tmp_path, crash=str(tree)).default.bridged.keys() == {7}
    monkeypatch.setattr(crash_tree, "bridge_sources", lambda: {10: Path("x"), 16: Path("y")})
    for given in (str(tree), f"{tree},{CRASH}"):
        with pytest.raises(BuildError, match=r"crash 7\.2\.8 with gdb 7\.6; there is no bridge for gdb 7"):
            read(tmp_path, crash=given)


def test_path_with_a_comma_is_one_tree(tmp_path: Path) -> None:
    tree = copy_tree("9.0.2-debian-built", tmp_path, "x86_64").rename(tmp_path / "a,b")
    assert read(tmp_path, crash=str(tree)).default.crash.tree == tree


def test_audit_takes_a_program(tmp_path: Path) -> None:
    program = tmp_path / "crash"
    program.write_bytes(b"x")
    project = read(tmp_path, ("audit",), crash=str(program), mpykdump="x.so")
    assert (project.program, project.audited) == (program, tmp_path / "x.so")
    assert [variant.name for variant in project.variants] == ["x86_64-crash9.0.2-cp313"]
    with pytest.raises(BuildError, match="not a folder"):
        read(tmp_path, crash=str(program))
