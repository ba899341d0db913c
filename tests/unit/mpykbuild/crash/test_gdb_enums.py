# SPDX-License-Identifier: GPL-3.0-or-later
"""The enums of gdb, read from trimmed headers of both majors."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.crash.gdb_enums import WANTED, enums_header, read_enums
from mpykbuild.crash.tree import CrashTree, parse_tree
from support.crashtrees import FIXTURES, copy_tree

GDB10 = "8.0.2"
GDB16 = "9.0.2-debian"


@pytest.fixture(params=[GDB10, GDB16])
def tree(request: pytest.FixtureRequest) -> CrashTree:
    return parse_tree(FIXTURES / request.param)


def edited(folder: Path, name: str, header: str, old: str, new: str) -> CrashTree:
    """A copy of a fixture with one change in one of gdb's headers."""
    tree = parse_tree(copy_tree(name, folder))
    assert tree.gdb_dir is not None
    path = tree.gdb_dir / "gdb" / header
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return tree


def test_bool_is_21_in_both_although_crash_says_20(tree: CrashTree) -> None:
    assert "#define TYPE_CODE_BOOL 20" in (tree.path / "defs.h").read_text()
    assert read_enums(tree)["type_code"]["TYPE_CODE_BOOL"] == 21


def test_codes_of_gdb_10() -> None:
    codes = read_enums(parse_tree(FIXTURES / GDB10))["type_code"]
    assert (codes["TYPE_CODE_BITSTRING"], codes["TYPE_CODE_UNDEF"], codes["TYPE_CODE_PTR"]) == (-1, 0, 1)
    assert len(codes) == 30


def test_codes_of_gdb_16_come_from_the_def_file() -> None:
    enums = read_enums(parse_tree(FIXTURES / GDB16))
    assert enums["type_code"]["TYPE_CODE_NAMELIST"] == 30
    assert enums["domain"]["FUNCTION_DOMAIN"] == 7
    assert enums["domain_search_flag"]["SEARCH_STRUCT_DOMAIN"] == 4
    assert enums["parser_flag"]["PARSER_LEAVE_BLOCK_ALONE"] == 8


def test_constants_of_both_gdbs(tree: CrashTree) -> None:
    enums = read_enums(tree)
    assert enums["domain"]["STRUCT_DOMAIN"] == 2
    assert enums["block"] == {"GLOBAL_BLOCK": 0, "STATIC_BLOCK": 1, "FIRST_LOCAL_BLOCK": 2}
    assert enums["field_loc_kind"]["FIELD_LOC_KIND_DWARF_BLOCK"] == 4
    assert enums["type_instance_flag"]["TYPE_INSTANCE_FLAG_ATOMIC"] == 256


def test_the_header_is_the_same_wherever_the_tree_is(tmp_path: Path) -> None:
    here = enums_header(parse_tree(FIXTURES / GDB16))
    assert enums_header(parse_tree(copy_tree(GDB16, tmp_path))) == here
    assert str(tmp_path) not in here and str(FIXTURES) not in here


def test_versions_in_the_header() -> None:
    text = enums_header(parse_tree(FIXTURES / GDB16))
    assert "#define MPYK_GDB_MAJOR 16\n" in text
    assert '#define MPYK_GDB_VERSION "16.3"\n' in text
    assert '#define MPYK_CRASH_VERSION "9.0.2"\n' in text


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_the_static_assertions_compare(tree: CrashTree, tmp_path: Path) -> None:
    """The static assertions pass with the headers that were read, and fail if a constant differs."""
    assert tree.gdb_dir is not None
    good, bad = tmp_path / "good.h", tmp_path / "bad.h"
    good.write_text(enums_header(tree))
    bad.write_text(enums_header(tree).replace("MPYK_TYPE_CODE_BOOL = 21", "MPYK_TYPE_CODE_BOOL = 20"))
    headers = sorted({name for row in WANTED for name in row.headers if (tree.gdb_dir / "gdb" / name).is_file()})
    includes = "".join(f'#include "{name}"\n' for name in headers)
    for header, fine in ((good, True), (bad, False)):
        unit = f'#include "{header}"\n{includes}#define MPYK_CHECK_GDB_ENUMS\n#include "{header}"\n'
        command = ["g++", "-std=gnu++17", "-fsyntax-only", "-I", str(tree.gdb_dir / "gdb"), "-x", "c++", "-"]
        done = subprocess.run(command, input=unit, text=True, capture_output=True, check=False)
        assert (done.returncode == 0) is fine, done.stderr
    assert "TYPE_CODE_BOOL was read wrongly from gdb" in done.stderr


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_the_header_is_plain_c(tree: CrashTree) -> None:
    unit = enums_header(tree) + enums_header(tree) + "int code = MPYK_TYPE_CODE_PTR;\n"
    command = ["gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c", "-"]
    done = subprocess.run(command, input=unit, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_expressions(tmp_path: Path) -> None:
    tree = edited(
        tmp_path, GDB16, "expression.h", "PARSER_DEBUG = (1 << 2),",
        "PARSER_A = 0x10u, PARSER_B, PARSER_C = PARSER_A | (1 << 2) + 1, PARSER_D = ~0 - -2, PARSER_DEBUG = PARSER_B,",
    )  # fmt: skip
    values = read_enums(tree)["parser_flag"]
    wanted = {"PARSER_A": 16, "PARSER_B": 17, "PARSER_C": 21, "PARSER_D": 1, "PARSER_DEBUG": 17}
    assert {name: values[name] for name in wanted} == wanted


def test_a_header_that_is_not_understood_names_file_and_line(tmp_path: Path) -> None:
    tree = edited(tmp_path, GDB10, "gdbtypes.h", "    TYPE_CODE_ENUM,", "    CODE(ENUM),")
    assert tree.gdb_dir is not None
    path = tree.gdb_dir / "gdb" / "gdbtypes.h"
    line = path.read_text().splitlines().index("    CODE(ENUM),\t/**< a, comma */") + 1
    with pytest.raises(BuildError) as caught:
        read_enums(tree)
    assert f"{path}, line {line}: the enum cannot be read at: CODE(ENUM)," in caught.value.what
    assert "site_scons/mpykbuild/crash/gdb_enums.py" in caught.value.next_step


def test_a_def_file_that_is_not_understood_names_file_and_line(tmp_path: Path) -> None:
    tree = edited(tmp_path, GDB16, "type-codes.def", "OP (TYPE_CODE_PTR)", "OP (TYPE_CODE_PTR, 1)")
    with pytest.raises(BuildError, match=r"type-codes\.def, line 3: the enum cannot be read"):
        read_enums(tree)


def test_a_missing_enum_is_an_error(tmp_path: Path) -> None:
    tree = edited(tmp_path, GDB10, "symtab.h", "enum domain_enum_tag", "enum another")
    with pytest.raises(BuildError, match=r"No definition of enum domain_enum was found in .*symtab\.h"):
        read_enums(tree)


def test_an_unknown_constant_is_an_error(tmp_path: Path) -> None:
    tree = edited(tmp_path, GDB16, "expression.h", "(1 << 2)", "(1 << SHIFT)")
    with pytest.raises(BuildError, match="uses the constant SHIFT"):
        read_enums(tree)


def test_a_packed_gdb_is_an_error() -> None:
    with pytest.raises(BuildError) as caught:
        enums_header(parse_tree(FIXTURES / "8.0.6"))
    assert "has no unpacked gdb" in caught.value.what
    assert "gdb-10.2.tar.gz" in caught.value.next_step
