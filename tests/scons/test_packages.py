# SPDX-License-Identifier: GPL-3.0-or-later
"""``packages=FILE``: the packages work inside crash, and one with C code is refused by name."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from support.projectcopy import ProjectCopy
from support.session import Vmcore, run_crash

PROGRAM = """
import rich, tabulate
from rich.console import Console
from rich.table import Table
table = Table("task", "pid")
table.add_row("swapper", "0")
Console(force_terminal=False, width=40).print(table)
print(tabulate.tabulate([[1, 2]], headers=["a", "b"]))
"""


def test_packages_work_inside_crash(built_copy: ProjectCopy, vmcore: Vmcore, tmp_path: Path) -> None:
    done = built_copy.scons("-Q", *built_copy.arguments, "packages=tests/fixtures/packages.txt")
    assert done.status == 0, done.output
    # crash splits its commands at blanks, and the folder of the copy has one.
    extension = Path(shutil.copy(built_copy.extension, tmp_path / "mpykdump.so"))
    (tmp_path / "x.py").write_text(PROGRAM)
    variant = replace(built_copy.variant, extension=extension)
    output = run_crash(variant, vmcore, [f"extend {extension}", f"epython {tmp_path}/x.py"]).stdout
    assert "│ swapper │ 0   │" in output
    assert "  1    2" in output
    built_copy.rebuild()


def test_a_package_with_c_code_is_refused_by_name(built_copy: ProjectCopy, tmp_path: Path) -> None:
    wanted = tmp_path / "wanted.txt"
    wanted.write_text(f"markupsafe==3.0.2 --hash=sha256:{'0' * 64}\n")
    done = built_copy.scons("-Q", *built_copy.arguments, f"packages={wanted}")
    assert done.status != 0
    assert f"markupsafe==3.0.2 in {wanted} has no wheel of pure Python" in done.output
    assert "Traceback" not in done.output
