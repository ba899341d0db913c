# SPDX-License-Identifier: GPL-3.0-or-later
"""Bridges to different gdbs in one file: each keeps its own inline functions, and what it takes from gdb is weak."""

from __future__ import annotations

import subprocess
from pathlib import Path

from mpykbuild import bridges
from mpykbuild.crashtree import BRIDGED_GDB_MAJORS
from mpykbuild.paths import PROJECT

SOURCE = """
struct type { int tag; virtual int code() { return NUMBER; } };
template <typename T> inline T twice(T x) { static T calls; calls++; return NUMBER * x; }
extern void value_mark();
extern "C" void mpyk_shared() { value_mark(); }
extern "C" { struct bridge { int (*answer)(); int *address; }; }
static int answer() { type t; type *volatile p = &t; return twice(1) * 1000 + p->code(); }
extern "C" const bridge TABLE;
const bridge TABLE = { answer, nullptr };
"""


def confined(folder: Path, major: int) -> Path:
    (folder / f"{major}.cpp").write_text(SOURCE)
    compiled, out = folder / f"{major}.o", folder / str(major) / "confined.o"
    out.parent.mkdir()
    flags = ["-O0", "-fPIC", *bridges.COMPILER_FLAGS, f"-DNUMBER={major}", f"-DTABLE=mpyk_gdb{major}_bridge"]
    subprocess.run(["c++", *flags, "-c", str(folder / f"{major}.cpp"), "-o", str(compiled)], check=True)
    bridges.confine(compiled, major, out)
    return out


def test_bridges_do_not_share_inline_functions(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text(
        "#include <stdio.h>\nstruct bridge { int (*answer)(void); };\n"
        "extern const struct bridge mpyk_gdb10_bridge, mpyk_gdb16_bridge;\n"
        'int main(void) { printf("%d %d", mpyk_gdb10_bridge.answer(), mpyk_gdb16_bridge.answer()); return 0; }\n'
    )
    subprocess.run(["cc", "-c", "-fPIC", str(tmp_path / "main.c"), "-o", str(tmp_path / "main.o")], check=True)
    objects = [str(tmp_path / "main.o"), *(str(confined(tmp_path, major)) for major in (10, 16))]
    subprocess.run(["c++", *objects, "-o", str(tmp_path / "x")], check=True)
    done = subprocess.run([tmp_path / "x"], capture_output=True, text=True, check=True)
    assert done.stdout == "10010 16016"


def test_only_the_table_is_visible_and_gdb_is_weak(tmp_path: Path) -> None:
    shown = subprocess.run(["nm", "-g", str(confined(tmp_path, 16))], capture_output=True, text=True, check=True).stdout
    rows = [line.split()[-2:] for line in shown.splitlines()]
    assert ["w", "_Z10value_markv"] in rows
    assert [name for kind, name in rows if kind not in "wU"] == ["mpyk_gdb16_bridge"]


def test_each_gdb_with_a_bridge_has_one_source() -> None:
    folder = PROJECT / "ext"
    found = [bridges.source(folder, major) for major in BRIDGED_GDB_MAJORS]
    assert sorted(found) == sorted((folder / "gdb").glob("gdb*_bridge.c*"))
    others = bridges.other_units(folder)
    units = {path for room in bridges.ROOMS for path in (folder / room).glob("*.c")}
    assert units - {*others} == {folder / "gdb" / "gdb7_bridge.c"}
    assert {*others} - units == {folder / "glibc_compat.c"}


def test_undefined_names(tmp_path: Path) -> None:
    (tmp_path / "x.c").write_text("extern int there(void); int f(void) { return there(); }")
    subprocess.run(["cc", "-c", str(tmp_path / "x.c"), "-o", str(tmp_path / "x.o")], check=True)
    assert bridges.undefined(tmp_path / "x.o") == {"there"}
