# SPDX-License-Identifier: GPL-3.0-or-later
"""Arrays of the test module: up to three dimensions, flexible, of length zero, of every kind of element.

pahole multiplies dimensions: without a module's debuginfo its ``int three[2][3][4]`` is known as ``int [24]`` and reads
as one flat list. Nothing in the dump tells more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.session import CrashSession, Variant, Vmcore
from support.testmod import TestmodTruth
from vmcore.testmod.conftest import View

Both = Callable[[str], tuple[Any, Any]]
SETUP = """
def plain(value):
    try:
        return [plain(v) for v in value]
    except TypeError:
        return int(value)
a = S('mpyk_arrays')
"""
TWO = [[1, -2, 3], [-4, 5, -6]]
GRID = [[[10, 11], [12, 13]], [[14, 15], [16, 17]]]
TEXTS = ["first", "second", "third"]


@pytest.fixture
def shaped(view: View) -> bool:
    """Whether dimensions are known: with debuginfo, unless types come from BTF alone."""
    return view.debuginfo and view.source != "btf"


def nested(flat: list[int], *dims: int) -> list[Any]:
    for dim in reversed(dims[1:]):
        flat = [flat[i : i + dim] for i in range(0, len(flat), dim)]  # type: ignore[misc]
    return flat


def test_one_dimension(view: View) -> None:
    assert view("[plain(a.flat), a.flat[4], len(a.flat), a.flat[-1], plain(a.one), a.last]", SETUP) == [
        [-1, 2, -3, 4, -5], -5, 5, -5, [41], 0xEE,
    ]  # fmt: skip
    assert view("failure(lambda: a.flat[5])", SETUP)[0] == "IndexError"


def test_two_dimensions(view: View, shaped: bool) -> None:
    flat = [number for row in TWO for number in row]
    assert view("plain(a.two)", SETUP) == (TWO if shaped else flat)
    assert view("a.two[1]", SETUP) == (TWO[1] if shaped else flat[1])
    assert view("[len(a.two), SUInfo('struct mpyk_arrays').two.ti.dims]", SETUP) == (
        [2, [2, 3]] if shaped else [6, [6]]
    )


def test_three_dimensions(view: View, shaped: bool, testmod: TestmodTruth) -> None:
    flat = testmod.numbers("three")
    assert len(flat) == 24 and flat[-1] == -234
    found = view("plain(a.three)", SETUP)
    assert found == (nested(flat, 2, 3, 4) if shaped else flat)
    path, offset = ("three[1][2][3]", 4 * 23) if shaped else ("three[23]", 4 * 23)
    assert view(f"[a.{path}, a.Eval({path!r}), member_offset('struct mpyk_arrays', {path!r}) - 32]", SETUP) == [
        -234, -234, offset,
    ]  # fmt: skip
    assert view("[member_size('struct mpyk_arrays', 'three'), SUInfo('struct mpyk_arrays').three.ti.elements]") == [
        96,
        24,
    ]
    assert view("failure(lambda: a.three[24])", SETUP)[0] == "IndexError"


def test_structs_in_two_dimensions(view: View, shaped: bool) -> None:
    points = [point for row in GRID for point in row]
    if shaped:
        assert view("[[[p.x, p.y] for p in row] for row in a.grid]", SETUP) == GRID
        assert view("a.grid[1][0].y", SETUP) == 15
    else:
        assert view("[[p.x, p.y] for p in a.grid]", SETUP) == points
        assert view("a.grid[2].y", SETUP) == 15


def test_texts(view: View, shaped: bool) -> None:
    """Without dimensions it is one text: the first, whose ByteArray has them all."""
    if shaped:
        assert view("[str(t) for t in a.texts]", SETUP) == TEXTS
    else:
        assert view("str(a.texts)", SETUP) == "first"
    whole = view("list(readmem(Addr(a, 'texts'), 120))", SETUP)
    assert [bytes(whole[i : i + 40]).rstrip(b"\0").decode() for i in (0, 40, 80)] == TEXTS
    if not shaped:
        assert view("list(a.texts.ByteArray)", SETUP) == whole
    assert view("[str(a.text), len(a.text.ByteArray), str(a.names[0]), a.names[1], str(a.names[2])]", SETUP) == [
        "seven77", 8, "alpha", None, "gamma",
    ]  # fmt: skip


def test_structs_pointers_enums_bools_and_functions(view: View, testmod: TestmodTruth) -> None:
    assert view("[[p.x, p.y] for p in a.points] + [a.points[2].y, len(a.points)]", SETUP) == [
        [1, 2], [3, 4], [5, -6], -6, 3,
    ]  # fmt: skip
    assert view("[a.pointers[0].x, int(a.pointers[0]) - A('mpyk_arrays'), bool(a.pointers[1])]", SETUP) == [
        3, 280 + 8, False,
    ]  # fmt: skip
    assert view("[[repr(s) for s in a.steps], plain(a.flags)]", SETUP) == [
        ["MPYK_STEP_TWO", "MPYK_STEP_ONE", "MPYK_STEP_TWO"], [1, 0, 1],
    ]  # fmt: skip
    assert view("[addr2sym(a.functions[0]), int(a.functions[1])]", SETUP) == ["mpyk_first", 0]


def test_flexible_arrays(view: View) -> None:
    setup = "f = S('mpyk_flexible_storage', 'struct mpyk_flexible')"
    assert view("[f.count, [[f.points[i].x, f.points[i].y] for i in range(f.count)], len(f)]", setup) == [
        3, [[7, 8], [9, 10], [11, -12]], 4,
    ]  # fmt: skip
    assert view("[int(f.points) - int(f), member_size('struct mpyk_flexible', 'points')]", setup) == [4, 0]
    text = "S('mpyk_flexible_text_storage', 'struct mpyk_flexible_text')"
    assert view(f"[{text}.count, str(SmartString(readmem(int({text}.text), 12)))]") == [5, "flex text"]


def test_arrays_of_length_zero(view: View) -> None:
    setup = "z = S('mpyk_zero_length_storage', 'struct mpyk_zero_length')"
    assert view("[z.count, [z.items[i] for i in range(z.count)]]", setup) == [4, [40, 41, -42, 43]]
    assert view("[int(S('mpyk_arrays').nothing) - A('mpyk_arrays'), member_size('struct mpyk_arrays', 'nothing')]") == [
        384, 0,
    ]  # fmt: skip


def test_text_of_the_whole(view: View, shaped: bool) -> None:
    """Also the first time that it is asked for: dimensions do not depend on what was read before."""
    text = view("S('mpyk_arrays').fullStr()", "crash.purge_types()")
    assert ("two = [[1, -2, 3], [-4, 5, -6]]" if shaped else "two = [1, -2, 3, -4, 5, -6]") in text
    assert "flat = [-1, 2, -3, 4, -5]" in text and "steps = [MPYK_STEP_TWO, MPYK_STEP_ONE, MPYK_STEP_TWO]" in text
    described = view("SUInfo('struct mpyk_arrays').fullstr()", "crash.purge_types()")
    assert ("int three[2][3][4];" if shaped else "int three[24];") in described
    assert "SIZE: 392" in described
    assert ("char texts[3][40];" if shaped else "char texts[120];") in described


def test_only_the_dimensions_differ(both: Both) -> None:
    """Each member has the same offset, size, number of elements and base type, whatever is loaded."""
    without, with_it = both(
        "[[n, i.offset, i.size, i.ti.elements, i.basetype] for n, i in SUInfo('struct mpyk_arrays').items()]"
    )
    assert without == with_it
    assert len(without) == 15


LATER = (
    "import crash; m = crash.struct_members('struct mpyk_arrays')['three']; "
    "print(m.ctype.replace(' ', ''), crash.member_offset('struct mpyk_arrays', 'three[1][2][3]'))"
)


def test_debuginfo_that_is_loaded_later(variant: Variant, vmcore: Vmcore, testmod: TestmodTruth) -> None:
    """What was asked for before it was loaded has its dimensions afterwards."""
    file = vmcore.truth.parent / "modules/mpyk_testmod.ko"
    with CrashSession(variant, vmcore) as session:
        assert session.run(f'epython -c "{LATER}"').split() == ["int[24]", "-1"]
        session.run(f"mod -s mpyk_testmod {file}")
        assert session.run(f'epython -c "{LATER}"').split() == ["int[2][3][4]", str(32 + 4 * 23)]
