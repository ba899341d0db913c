# SPDX-License-Identifier: GPL-3.0-or-later
"""Types that no kernel has, or that get a definition late: gdb reads them from object files that the test compiles."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.session import CrashSession, Variant, Vmcore

Program = Callable[..., str]
Load = Callable[..., str]
# Where the files are said to be loaded: no kernel has anything there. Nothing is read from these addresses.
PLACE = 0xFFFFFFFFFFFF0000
# The size of the only enum, in an assembly file with the comments of -dA.
ENUM_SIZE = re.compile(r"(DW_TAG_enumeration_type\)(?:\n.*)*?\n\t\.byte\t)\w+(\t# DW_AT_byte_size)")
START = "import crash\nfrom pykdump.API import *\ncrash.set_type_source('gdb')\n"


@pytest.fixture(scope="module")
def session(variant: Variant, vmcore: Vmcore) -> Iterator[CrashSession]:
    """A session of its own, because what gdb has read cannot be forgotten."""
    if variant.runner or not shutil.which("g++"):
        pytest.skip("needs a g++ for the machine on which crash runs")
    with CrashSession(variant, vmcore) as opened:
        yield opened


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """``load(name, text)`` compiles a file and returns the statement that lets gdb read its types.

    ``enum_size`` is the size that the debug information says of the enum in the file.
    """
    places = iter(range(PLACE, PLACE + 0x8000, 0x1000))

    def compile_it(name: str, text: str, enum_size: int | None = None) -> str:
        (tmp_path / name).write_text(text)
        assembly, object_file = tmp_path / f"{name}.s", tmp_path / f"{name}.o"
        subprocess.run(["g++", "-gdwarf-4", "-dA", "-S", "-o", assembly, tmp_path / name], check=True)
        if enum_size is not None:
            changed, count = ENUM_SIZE.subn(rf"\g<1>{enum_size}\g<2>", assembly.read_text())
            assert count == 1
            assembly.write_text(changed)
        subprocess.run(["g++", "-c", "-o", object_file, assembly], check=True)
        return f"crash.exec_gdb_command('add-symbol-file {object_file} {next(places):#x}')\n"

    return compile_it


@pytest.mark.long
def test_an_array_of_a_struct_that_is_defined_later(session: CrashSession, program: Program, load: Load) -> None:
    """Files are read in an order that the types do not follow: a module may define what the kernel only declares."""
    early = load("early.cc", "struct mpyk_late; struct mpyk_has { mpyk_late (*rows)[4]; int last; } mpyk_has_one;")
    late = load("late.cc", "struct mpyk_late { long a[3]; } mpyk_late_one;")
    path = program(
        f"{START}{early}SUInfo('struct mpyk_has')\n{late}name = 'struct mpyk_late [4]'\n"
        "print(crash.sizeof(name), crash.exec_gdb_command(f'print sizeof({name})').split()[-1])\n"
        "array = crash.read_value(name, sym2addr('linux_banner'))\n"
        "print(int(array[3]) - int(array[0]), len(array))\n"
    )
    assert session.run(f"epython {path}") == "96 96\n72 4\n"


@pytest.mark.parametrize(("bits", "kind"), [(128, "__int128"), (128, "unsigned __int128")])
@pytest.mark.long
def test_an_enum_of_more_than_eight_bytes_is_refused(
    session: CrashSession, program: Program, load: Load, bits: int, kind: str
) -> None:
    name = "mpyk_" + kind.replace(" ", "_")
    source = (
        f"enum {name} : {kind} {{ {name.upper()} = 1 }}; struct {name}_user {{ {name} wide; int last; }} {name}_one;"
    )
    path = program(
        f"{START}{load(f'{name}.cc', source)}banner = sym2addr('linux_banner')\n"
        f"for read in (lambda: crash.read_value('enum {name}', banner),\n"
        f"             lambda: readSU('struct {name}_user', banner).wide):\n"
        "    try:\n        print('value', read())\n    except TypeError as error:\n        print(error)\n"
        f"print(readSU('struct {name}_user', banner).last == readS32(banner + {bits // 8}))\n"
    )
    refusal = f"An enum of {bits // 8} bytes cannot be read.\n"
    assert session.run(f"epython {path}") == 2 * refusal + "True\n"


@pytest.mark.parametrize("size", [9, 32])
def test_an_enum_of_a_size_that_no_compiler_makes_is_refused(
    session: CrashSession, program: Program, load: Load, size: int
) -> None:
    """For a size of 0, gdb says that of an int."""
    name = f"mpyk_odd{size}"
    text = f"enum {name} {{ {name}_a = -1 }}; {name} {name}_one;"
    path = program(
        f"{START}{load(f'{name}.cc', text, enum_size=size)}"
        f"try:\n    print('value', crash.read_value('enum {name}', sym2addr('linux_banner')))\n"
        "except TypeError as error:\n    print(error)\n"
    )
    assert session.run(f"epython {path}") == f"An enum of {size} bytes cannot be read.\n"


@pytest.mark.parametrize(("kind", "low", "high"), [("signed char", -128, 127), ("long", -(2**63), 2**63 - 1)])
def test_signed_enums_of_other_sizes_have_their_sign(
    session: CrashSession, program: Program, load: Load, kind: str, low: int, high: int
) -> None:
    name = "mpyk_" + kind.replace(" ", "_")
    source = f"enum {name} : {kind} {{ {name}_low = {low + 1} - 1, {name}_high = {high} }}; {name} {name}_one;"
    path = program(
        f"{START}{load(f'{name}.cc', source)}size = crash.sizeof('enum {name}')\nbanner = sym2addr('linux_banner')\n"
        f"where = [a for a in range(sym2addr('_text'), sym2addr('_text') + 4096) if readU8(a + size - 1) > 127][0]\n"
        "for place in (banner, where):\n"
        "    raw = int.from_bytes(readmem(place, size), 'little', signed=True)\n"
        f"    print(int(crash.read_value('enum {name}', place)) == raw, raw < 0)\n"
        f"print(sorted(crash.enum_values('enum {name}').values()))\n"
    )
    assert session.run(f"epython {path}") == f"True False\nTrue True\n[{low}, {high}]\n"
