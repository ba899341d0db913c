# SPDX-License-Identifier: GPL-3.0-or-later
"""C constants: #define blocks, enums and flag words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import c_constants  # noqa: E402

DEFINES = r"""
#define IFF_UP          0x1             /* interface is up #define NOT_ME 5 */
#define IFF_BROADCAST   0x2             // broadcast
# define  IFF_DEBUG     (1 << 2)
#define IFF_BOTH        (IFF_UP | \
                         IFF_DEBUG)
#define MODE            0755
#define BIG             0xffffffffUL
#define NEGATIVE        -1
#define NOVALUE
#define MACRO(x)        ((x) + 1)
#define TEXT            "text"
"""


def test_a_block_of_defines() -> None:
    constants = c_constants.CDefine(DEFINES)
    expected = {
        "IFF_UP": 1, "IFF_BROADCAST": 2, "IFF_DEBUG": 4, "IFF_BOTH": 5, "MODE": 0o755, "BIG": 0xFFFFFFFF,
        "NEGATIVE": -1, "TEXT": '"text"',
    }  # fmt: skip
    assert constants == expected
    assert constants.IFF_BOTH == 5
    assert constants.value2key(2) == "IFF_BROADCAST"
    assert constants.value2key(99) is None


@pytest.mark.parametrize("text", ["__import__('os')", "2**99", "a.b", "[1]", "1 +", "1/0", "f(1)", "1; 2"])
def test_a_value_is_no_python(text: str) -> None:
    with pytest.raises(ValueError, match="not an integer constant"):
        c_constants.c_value(text, {"f": 5, "a": 1})


def test_an_unknown_name_in_a_define() -> None:
    with pytest.raises(KeyError, match="UNKNOWN"):
        c_constants.CDefine("#define A UNKNOWN\n")


def test_an_enum_of_c() -> None:
    enum = c_constants.CEnum("enum states { A, B = 5, /* five */ C,\n D = B + 3, E = 1 << 4, };")
    assert (enum.A, enum.B, enum.C, enum.D, enum.E) == (0, 5, 6, 8, 16)
    assert enum[6] == "C"
    assert enum.lookup[5] == "B"
    assert enum.getByName("D") == 8
    assert enum.getAllNames() == ["A", "B", "C", "D", "E"]
    assert len(enum) == 5
    with pytest.raises(KeyError):
        enum[99]


def test_values_as_kernel_headers_write_them() -> None:
    """Casts, macros, comparisons and divisions go to the grammar of c_expressions."""
    constants = c_constants.CDefine(
        "#define A BIT(4)\n#define B ((u32)~0)\n#define C (A > 3 ? -7 / 2 : 0)\n#define D 'x'\n#define E (A & 1 < 2)\n"
    )
    assert constants == {"A": 16, "B": 0xFFFFFFFF, "C": -3, "D": ord("x"), "E": 0}
    enum = c_constants.CEnum("enum e { ONE = BIT(0), MASK = GENMASK(7, 4), NEXT, LAST = (1 ? (2) : 3) };")
    assert enum.vals == [("ONE", 1), ("MASK", 0xF0), ("NEXT", 0xF1), ("LAST", 2)]


def test_plain_values_do_not_import_the_grammar() -> None:
    code = (
        "import sys; from support import fake_crash; fake_crash.install(); from pykdump import c_constants as c\n"
        "c.CDefine('#define A (1 << 3 | 0x4UL)\\n#define T \"text\"\\n'); c.CEnum('{ X = 5, Y = ~X & 0xff }')\n"
        "import pykdump.API, pykdump.linux.fs.flags, pykdump.linux.tasks, pykdump.linux.inet.sockets\n"
        "print('pyparsing' in sys.modules)"
    )
    root = Path(__file__).parents[3]
    environment = {"PYTHONPATH": f"{root}:{root / 'tests'}"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert done.stdout == "False\n", done.stderr


def test_an_enum_of_the_dump() -> None:
    kernel = fake_crash.install()
    kernel.enums["enum pid_type"] = {"PIDTYPE_PID": 0, "PIDTYPE_MAX": 4}
    enum = c_constants.EnumInfo("enum pid_type")
    assert enum == {"PIDTYPE_PID": 0, "PIDTYPE_MAX": 4}
    assert enum.PIDTYPE_MAX == 4
    assert enum.getnam(4) == "PIDTYPE_MAX"
    assert "bad value 3" in enum.getnam(3)
    assert str(enum) == "enum pid_type {PIDTYPE_PID = 0, PIDTYPE_MAX = 4}"
    with pytest.raises(TypeError, match="enum nothing"):
        c_constants.EnumInfo("enum nothing")


def test_flags_by_name() -> None:
    names = {"IFF_UP": 1, "IFF_DEBUG": 4, "IFF_BOTH": 5, "IFF_NONE": 0, "IFF_HIGH": 1 << 31}
    assert c_constants.dbits2str(5, names) == "IFF_UP|IFF_DEBUG"
    assert c_constants.dbits2str(1 << 31 | 4, names, 4) == "DEBUG|HIGH"
    assert c_constants.dbits2str(0, names) == ""
