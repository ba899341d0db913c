# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command line means: which pairs are built, and that nothing is fetched to find out."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpykbuild import options, planning
from mpykbuild.errors import BuildError
from mpykbuild.planning import Project
from mpykbuild.plans import TESTED_PAIRS


def read(tmp_path: Path, targets: tuple[str, ...] = (), **given: str) -> Project:
    return planning.read(options.check({"cache": str(tmp_path), **given}), tmp_path, targets)


def test_default_is_one_pair(tmp_path: Path) -> None:
    project = read(tmp_path)
    assert [variant.name for variant in project.variants] == ["x86_64-crash9.0.2-cp313"]
    assert project.default.crash.gdb_major == 16


def test_tests_build_every_tested_pair_and_each_product_once(tmp_path: Path) -> None:
    project = read(tmp_path, ("test",))
    assert len(project.variants) == len(TESTED_PAIRS)
    assert len(project.crashes) == 2
    assert len(project.pythons) == 2


def test_a_chosen_pair_is_tested_alone(tmp_path: Path) -> None:
    project = read(tmp_path, ("test",), crash="8.0.6", python="3.11")
    assert [variant.name for variant in project.variants] == ["x86_64-crash8.0.6-cp311"]


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
