# SPDX-License-Identifier: GPL-3.0-or-later
"""Bridges to several gdbs in one file: each has its own inline functions, and its names from gdb are weak."""

from __future__ import annotations

import subprocess
from pathlib import Path

from mpykbuild.crash import bridges

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
    bridges.confine_bridge(compiled, major, out)
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


def test_bridges_are_found_by_their_names() -> None:
    found = bridges.bridge_sources()
    assert list(found) == sorted(found)
    assert {7, 10, 16} <= set(found)
    assert found[7].name == "gdb7_bridge.c" and found[16].name == "gdb16_bridge.cpp"
    assert not set(found.values()) & set(bridges.units_without_gdb(bridges.EXT))


def test_the_comment_of_a_bridge_says_what_is_unverified() -> None:
    assert bridges.why_unverified(7).startswith("tried in crash 7.3.2")
    assert bridges.why_unverified(7).endswith("Ctrl-C does not stop gdb")
    assert bridges.why_unverified(16) == ""


def test_undefined_names(tmp_path: Path) -> None:
    (tmp_path / "x.c").write_text("extern int there(void); int f(void) { return there(); }")
    subprocess.run(["cc", "-c", str(tmp_path / "x.c"), "-o", str(tmp_path / "x.o")], check=True)
    assert bridges.undefined_names(tmp_path / "x.o") == {"there"}
