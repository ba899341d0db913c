# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the layouts of several crashes. The trees of the probes are made up."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import PROJECT
from mpykbuild.crash import layout_probe

EXT = PROJECT / "ext"
PROBE = {
    "object program_context 1": 100,
    "object task_table 0": 50,
    "offset program_context.flags": 8,
    "size program_context.flags": 4,
    "offset task_table.current": 16,
    "size task_table.current": 8,
    "constant KVADDR": 1,
}


def table(name: str) -> str:
    """Return the rows of one of the tables in layout_tables.h."""
    text = (EXT / "crash" / "layout_tables.h").read_text()
    return text[text.index(f"#define {name}(X)") :].split("\n\n")[0]


def compiled(tmp_path: Path, *flags: str) -> Path:
    """Compile the real probe against a defs.h made of what its tables name."""
    members: dict[str, list[str]] = {}
    for structure, member in re.findall(r"X\((\w+), (\w+)\)", table("MPYK_ABI_MEMBERS")):
        members.setdefault(structure, []).append(member)
    lines = ["#include <stddef.h>"]
    lines += [f"struct {name} {{ {' '.join(f'long {m};' for m in names)} }};" for name, names in members.items()]
    constants = re.findall(r"X\((\w+)\)", table("MPYK_ABI_CONSTANTS"))
    lines += [f"#define {name} {number + 0x100}" for number, name in enumerate(constants)]
    (tmp_path / "defs.h").write_text("\n".join(lines) + "\n")
    out = tmp_path / "abi.o"
    source = EXT / "crash" / "probe" / "layout_probe.c"
    command = ["cc", "-c", *flags, f"-I{tmp_path}", f"-I{EXT}", str(source), "-o", str(out)]
    subprocess.run(command, check=True)
    return out


def test_the_probe_is_read_from_its_object_file(tmp_path: Path) -> None:
    probe = layout_probe.read_probe(compiled(tmp_path, "-Wall", "-Wextra", "-Werror"))
    assert probe["offset program_context.program_version"] == 8
    assert probe["size task_context.pid"] == 8
    assert probe["sizeof(struct command_table_entry)"] == 32
    assert probe["constant AMBIGUOUS"] == 0x100
    assert [row.name for row in layout_probe.crash_objects(probe)] == [
        "program_context",
        "task_table",
        "symbol_table_data",
        "machdep_table",
        "kernel_table",
    ]


def test_another_object_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.c").write_text("int x;")
    subprocess.run(["cc", "-c", str(tmp_path / "x.c"), "-o", str(tmp_path / "x.o")], check=True)
    with pytest.raises(BuildError, match="not the probe"):
        layout_probe.read_probe(tmp_path / "x.o")


def test_the_used_bytes_of_a_structure() -> None:
    assert layout_probe.crash_objects(PROBE) == [
        layout_probe.CrashObject("program_context", 100, 12, True),
        layout_probe.CrashObject("task_table", 50, 24, False),
    ]


def test_trees_that_agree() -> None:
    layout_probe.check_layouts({"1.2": PROBE})
    layout_probe.check_layouts(
        {"1.0.1": PROBE, "1.0.2": {**PROBE, "object task_table 0": 58, "TYPE_CODE_NAMELIST": 30}}
    )


@pytest.mark.parametrize(
    ("name", "value", "row"),
    [
        ("offset task_table.current", 24, "offset task_table.current  16     24"),
        ("object program_context 1", 108, "object program_context  100    108"),
        ("constant KVADDR", 2, "constant KVADDR  1      2"),
    ],
)
def test_every_difference_is_in_the_table(name: str, value: int, row: str) -> None:
    with pytest.raises(BuildError) as caught:
        layout_probe.check_layouts({"1.0.1": PROBE, "1.0.2": {**PROBE, name: value}})
    assert row in caught.value.what
    assert "1.0.1" in caught.value.what.splitlines()[1]


def test_the_probe_has_every_member_that_the_extension_uses() -> None:
    structures = {"pc": "program_context", "tt": "task_table", "machdep": "machdep_table", "kt": "kernel_table",
                  "st": "symbol_table_data",
                  "tc": "task_context"}  # fmt: skip
    guarded = set(re.findall(r"X\((\w+), (\w+)\)", table("MPYK_ABI_MEMBERS")))
    used = set()
    for path in EXT.rglob("*.[ch]"):
        for pointer, member in re.findall(r"\b(pc|tt|machdep|kt|st|tc)->(\w+)", path.read_text()):
            used.add((structures[pointer], member))
    assert sorted(used - guarded) == []
