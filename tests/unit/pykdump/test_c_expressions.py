# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of C constant expressions, compared with a C compiler."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pykdump import c_expressions
from pykdump.c_expressions import value_of

NAMES = {"A": 5, "B": -3, "C": 0x10, "ZERO": 0}
EXPRESSIONS = [
    "1", "0755", "0xFFul", "10L", "'a'", "'\\n'", "'\\\\' + '\\''", "-7 / 2", "7 / -2", "-7 % 3", "7 % -3", "2 - 1 - 1",
    "64 / 4 / 2", "1 + 2 * 3 << 1", "1 << 3 < 4", "A & C == 16", "A & B | C ^ 3", "!A", "!!A", "-~A", "+-+A", "- -A",
    "ZERO && 1 / ZERO", "A || 1 / ZERO", "A && ZERO || C", "A ? B : C", "ZERO ? 1 / ZERO : 2", "1 ? 0 ? 1 : 2 : 3",
    "(A ? B : C) * 2", "A < B != C >= 16", "((((((A))))))", "(A) - 1", "(unsigned char)-1",
    "(unsigned char)(A + 255)", "(signed char)200", "(short)0x18000", "(unsigned short)B", "(int)A", "(long)A << 40",
    "(unsigned int)B >> 4", "(unsigned)A", "(const long)A", "-(char)A", "(char)-1", "1 <= 1 == 1", "~0 & 0xff",
]  # fmt: skip
MACROS = """
#define BIT(n) (1UL << (n))
#define GENMASK(h, l) (((~0UL) << (l)) & (~0UL >> (63 - (h))))
typedef unsigned int u32; typedef signed char s8; typedef unsigned int gfp_t; typedef unsigned long size_t;
#define __force
#define UL(x) (x##UL)
"""
KERNELS = ["BIT(3)", "BIT(A + 1) | BIT(0)", "GENMASK(7, 4)", "GENMASK(A, ZERO)", "(u32)B", "(s8)(C * 9)", "UL(5) << 2",
           "(__force gfp_t)0x10u", "(size_t)C * 2"]  # fmt: skip


def random_expression(source: random.Random, depth: int) -> str:
    """Return an expression whose value stays small, and that no compiler may compute in another way."""
    if depth == 0:
        return source.choice(["A", "B", "C", "ZERO", str(source.randrange(20)), hex(source.randrange(255))])
    left, right = (random_expression(source, depth - 1) for _ in range(2))
    operator = source.choice(
        ["+", "-", "&", "|", "^", "<", "<=", ">", ">=", "==", "!=", "&&", "||", "?", "/", "%", "~"]
    )
    if operator == "?":
        return f"({left}) ? {right} : {random_expression(source, depth - 1)}"
    if operator in "/%":
        return f"({left}) {operator} (({right}) ? ({right}) : 7)"
    if operator == "~":
        return f"{source.choice('~!-+')}({left})"
    return f"{left} {operator} {right}"


def compiled(folder: Path, expressions: list[str], before: str) -> Iterator[int]:
    """Yield what a C compiler makes of the expressions. chars are signed, as on x86."""
    lines = [f"#define {name} ({value})" for name, value in NAMES.items()]
    prints = [f'    printf("%lld\\n", (long long)({text}));' for text in expressions]
    source = "\n".join(["#include <stdio.h>", before, *lines, "int main(void) {", *prints, "    return 0; }"])
    (folder / "x.c").write_text(source)
    command = ["gcc", "-w", "-fsigned-char", "-o", folder / "x", folder / "x.c"]
    subprocess.run(command, check=True)
    yield from map(int, subprocess.run([folder / "x"], capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
@pytest.mark.parametrize("group", ["plain", "kernel", "random"])
def test_values_are_those_of_a_compiler(tmp_path: Path, group: str) -> None:
    source = random.Random(12)
    expressions = {
        "plain": EXPRESSIONS,
        "kernel": KERNELS,
        "random": [random_expression(source, source.randrange(4)) for _ in range(300)],
    }[group]
    wanted = list(compiled(tmp_path, expressions, MACROS if group == "kernel" else ""))
    ours = [value_of(text, NAMES) for text in expressions]
    assert [(e, a, b) for e, a, b in zip(expressions, ours, wanted) if a != b] == []
    assert len(wanted) == len(expressions)


@pytest.mark.parametrize(
    "text",
    ["", "1 +", "1 2", "2**99", "a.b", "f(1)", "BIT(1, 2)", "BIT()", "08", "'ab'", "1 / 0", "1 << 5000", "BIT(99999)",
     "(unknown)5", "A ? 1", "1; 2", "__import__('os')", "(" * 4000 + "1" + ")" * 4000],
)  # fmt: skip
def test_what_is_no_expression_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="not an integer constant expression"):
        value_of(text, NAMES)


def test_the_message_shows_where_it_goes_wrong() -> None:
    with pytest.raises(ValueError, match=r"see '\? 1'"):
        value_of("A ? 1", NAMES)


def test_an_unknown_name_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="UNKNOWN"):
        value_of("A + UNKNOWN", NAMES)
    assert value_of("A || UNKNOWN", NAMES) == 1, "what is not evaluated need not be known"


def test_numbers_have_no_limit_without_a_cast() -> None:
    assert value_of("1 << 31", {}) == 1 << 31
    assert value_of("BIT_ULL(63)", {}) == 1 << 63
    assert value_of("(u64)BIT_ULL(64)", {}) == 0


def test_the_import_of_this_module_is_cheap() -> None:
    code = "import sys; from pykdump import c_expressions; print('pyparsing' in sys.modules)"
    folder = Path(c_expressions.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder)
    assert done.stdout == "False\n"
