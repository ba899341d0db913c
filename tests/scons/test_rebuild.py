# SPDX-License-Identifier: GPL-3.0-or-later
"""A second `./sconsw` does nothing, or only the steps that an edit makes necessary."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.projectcopy import ProjectCopy


@contextmanager
def edited(path: Path, old: str, new: str) -> Iterator[None]:
    """Replace ``old`` by ``new`` in a file, and restore the file at the end."""
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new, 1))
    yield
    path.write_text(before)


def steps(lines: list[str], verb: str) -> list[str]:
    """Return the names of the files in the lines that start with ``verb`` (Compiling, Linking…)."""
    return [Path(line.split()[1]).name for line in lines if line.startswith(verb)]


def test_second_build_does_nothing(built_copy: ProjectCopy) -> None:
    built_copy.rebuild()
    assert built_copy.rebuild() == []


def test_touched_file_rebuilds_nothing(built_copy: ProjectCopy) -> None:
    (built_copy.root / "ext" / "extension" / "entry.c").touch()
    assert built_copy.rebuild() == []


def test_edit_compiles_and_links(built_copy: ProjectCopy) -> None:
    unit = built_copy.root / "ext" / "extension" / "entry.c"
    with edited(unit, "\n#include", '\nconst char mpyk_test_edit[] = "x";\n#include'):
        lines = built_copy.rebuild()
        assert sorted(steps(lines, "Compiling")) == ["entry.os", "module.os"], "the edit and the source id"
        assert steps(lines, "Linking") == ["linked.so"]
    built_copy.rebuild()


def test_edited_helper_module_runs_the_steps_that_use_it(built_copy: ProjectCopy) -> None:
    helper = built_copy.root / "site_scons" / "mpykbuild" / "artefact" / "bundle.py"
    with edited(helper, "\n", "\n# a remark\n"):
        lines = built_copy.rebuild()
        assert steps(lines, "Bundling") == ["bundle.zip"]
        assert steps(lines, "Compiling") == []
        assert steps(lines, "Assembling") == [], "the bundle is the same, so no step may follow"
    built_copy.rebuild()


def test_new_text_of_a_command_reaches_the_extension(built_copy: ProjectCopy) -> None:
    command = built_copy.root / "pykdump" / "commands" / "taskinfo.py"
    with edited(command, "taskinfo: ", "taskinfo: (edited) "):
        lines = built_copy.rebuild()
        assert steps(lines, "Listing") and steps(lines, "Bundling")
        assert "command_table.os" in steps(lines, "Compiling")
        assert steps(lines, "Assembling") == ["mpykdump.so"]
        assert b"(edited)" in built_copy.extension.read_bytes()
    built_copy.rebuild()
