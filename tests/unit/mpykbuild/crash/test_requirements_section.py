# SPDX-License-Identifier: GPL-3.0-or-later
"""Write and read the section with the requirements of an artefact."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.crash import requirements_section
from mpykbuild.crash.layout_probe import CrashObject

PROBE = {"object task_table 0": 50, "offset task_table.current": 16, "size task_table.current": 8}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    (tmp_path / "needs").write_text(requirements_section.requirements_text(["1.1", "1.2"], [10, 16], PROBE))
    (tmp_path / "x.c").write_text("int x;")
    subprocess.run(["cc", "-c", str(tmp_path / "x.c"), "-o", str(tmp_path / "x.o")], check=True)
    add = f"--add-section={requirements_section.SECTION}={tmp_path / 'needs'}"
    subprocess.run(["objcopy", add, str(tmp_path / "x.o")], check=True)
    found = requirements_section.read_requirements(tmp_path / "x.o")
    assert found.crashes == ("1.1", "1.2")
    assert found.majors == (10, 16)
    assert found.objects == (CrashObject("task_table", 50, 24, False),)
    assert {row.gdb for row in found.symbols} >= {"", "10", "16+", "10+"}


def test_only_the_bridges_that_are_there_need_something() -> None:
    found = requirements_section.parse_requirements(requirements_section.requirements_text(["1.2"], [16], PROBE), "x")
    assert all(not row.gdb or row.is_for(16) for row in found.symbols)


def test_broken_section() -> None:
    with pytest.raises(BuildError, match="cannot be read"):
        requirements_section.parse_requirements("{}", "x.so")


def test_file_without_the_section(tmp_path: Path) -> None:
    (tmp_path / "x.c").write_text("int x;")
    subprocess.run(["cc", "-c", str(tmp_path / "x.c"), "-o", str(tmp_path / "x.o")], check=True)
    with pytest.raises(BuildError, match="does not say what it needs"):
        requirements_section.read_requirements(tmp_path / "x.o")
