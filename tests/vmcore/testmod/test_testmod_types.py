# SPDX-License-Identifier: GPL-3.0-or-later
"""Every C kind in the test module, compared with the compiler's facts, with and without the module's debuginfo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.testmod import TestmodTruth, struct_of
from vmcore.testmod.conftest import View

Both = Callable[[str], tuple[Any, Any]]
WILD = 0xDEAD4EAD00000000
STRUCTS = [
    "struct mpyk_integers", "struct mpyk_enums", "struct mpyk_bits", "struct mpyk_packed_bits", "struct mpyk_unions",
    "struct mpyk_anonymous_bits", "struct mpyk_typedefs", "struct mpyk_pointers", "struct mpyk_strings",
    "struct mpyk_item", "struct mpyk_leaf", "union mpyk_union", "struct mpyk_flexible", "struct mpyk_zero_length",
]  # fmt: skip


def test_sizes(view: View, testmod: TestmodTruth) -> None:
    names = list(testmod.sizes)
    assert len(names) > 20
    assert view(f"[[struct_size(n), getSizeOf(n), struct_exists(n)] for n in {names}]") == [
        [size, size, True] for size in testmod.sizes.values()
    ]
    assert view("[struct_size('struct mpyk_never'), struct_exists('struct mpyk_never')]") == [-1, False]


def test_offsets_and_sizes_of_members(view: View, testmod: TestmodTruth) -> None:
    asked = [row[:2] for row in testmod.members]
    assert len(asked) > 60
    found = view(f"[[member_offset(t, m), member_size(t, m)] for t, m in {asked}]")
    assert [(*names, *numbers) for names, numbers in zip(asked, found)] == testmod.members
    asked = [row[:2] for row in testmod.rows("offset")]
    found = view(f"[member_offset(t, m) for t, m in {asked}]")
    assert [[*names, str(offset)] for names, offset in zip(asked, found)] == list(testmod.rows("offset"))
    assert view("[member_offset('struct mpyk_unions', 'x'), member_size('struct mpyk_unions', 'one.x')]") == [-1, -1]


def test_positions_of_bit_fields(view: View, testmod: TestmodTruth) -> None:
    assert len(testmod.bit_fields) > 25
    tops = [row for row in testmod.bit_fields if "." not in row[1]]
    found = view(
        f"[[8 * i.offset + i.bitoffset % 8, i.bitsize] for i in (SUInfo(t)[m] for t, m, *_ in {tops})]",
    )
    assert found == [[first, bits] for _, _, first, bits in tops]


def test_integers_enums_unions_and_bit_fields(view: View, testmod: TestmodTruth) -> None:
    asked = [row for row in testmod.values if row[0] != "mpyk_counter"]
    assert len(asked) > 90
    types = {name: struct_of(name) for name, _, _ in asked}
    found = view(
        f"[int(eval('S({{!r}}, {{!r}}).{{}}'.format(name, {types}[name], path))) for name, path, _ in {asked}"
        " if '[' not in path]"
    )
    assert found == [value for _, path, value in asked if "[" not in path]
    found = view(
        f"[int(S(name, {types}[name]).Eval(path)) for name, path, _ in {asked}]",
    )
    assert found == [value for *_, value in asked]


def test_names_of_enumerators(view: View, testmod: TestmodTruth) -> None:
    for name, members in testmod.enumerators.items():
        if name == "enum":
            continue
        assert view(f"dict(EnumInfo({name!r}))") == members
        assert view(f"[EnumInfo({name!r}).getnam(v) for v in {list(members.values())}]") == list(members)
    every = {key: value for members in testmod.enumerators.values() for key, value in members.items()}
    assert view(f"[enumerator_value(n) for n in {list(every)}]") == list(every.values())
    assert view("[enumerator_value('MPYK_NEVER'), EnumInfo('MPYK_NAMELESS_NINE')]") == [
        None, {"MPYK_NAMELESS_SEVEN": 7, "MPYK_NAMELESS_NINE": 9},
    ]  # fmt: skip


def test_enums_show_their_names(view: View) -> None:
    members = ("colour", "below", "wide", "far_below", "unnamed", "inner")
    assert view(f"[repr(getattr(S('mpyk_enums'), m)) for m in {members}]") == [
        "MPYK_GREEN", "MPYK_MINUS_THREE", "MPYK_WIDEST", "MPYK_FAR_BELOW", "77", "MPYK_INNER_B",
    ]  # fmt: skip
    assert view("repr(S('mpyk_bits').mode)") == "MPYK_AUTO"
    assert view("S('mpyk_enums').wide.einfo['MPYK_WIDEST'] == S('mpyk_enums').wide")
    assert view("__import__('copy').deepcopy(int(S('mpyk_enums').wide))") == 2**64 - 1
    assert view("__import__('pickle').loads(__import__('pickle').dumps(S('mpyk_enums').wide))") == 2**64 - 1


def test_bool_is_an_int(view: View) -> None:
    assert view("[S('mpyk_lowest', 'struct mpyk_integers').yes, S('mpyk_lowest', 'struct mpyk_integers').no]") == [1, 0]


def test_strings(view: View) -> None:
    """Bytes that are no UTF-8 become \\xNN; ByteArray has them as they are."""
    names = ("ascii", "utf8", "latin1", "full", "after_nul", "pointer", "pointer_utf8", "pointer_latin1")
    assert view(f"[str(getattr(S('mpyk_strings'), n)) for n in {names}]") == [
        "plain", "žlutý", r"caf\xe9", "full", "ab", "plain", "žlutý", r"caf\xe9",
    ]  # fmt: skip
    arrays = view(f"[list(getattr(S('mpyk_strings'), n).ByteArray) for n in {names[:5]}]")
    wanted = [b"plain", "žlutý".encode(), b"caf\xe9", b"full", b"ab\0cd"]
    assert [bytes(a).rstrip(b"\0") for a in arrays] == wanted
    assert [len(a) for a in arrays] == [16, 16, 8, 4, 8]
    assert view("[getattr(S('mpyk_strings'), n).addr - A('mpyk_strings') for n in ('ascii', 'utf8')]") == [0, 16]
    assert view("S('mpyk_strings').pointer_utf8.ptr == readPtr(A('mpyk_strings') + 64)")
    assert view("S('mpyk_strings').pointer_null") is None
    kind, text = view("failure(lambda: str(S('mpyk_strings').pointer_wild))")
    assert kind == "error" and f"{WILD:#x}" in text
    assert view("[list(S('mpyk_strings').bytes), list(S('mpyk_strings').raw)]") == [[1, 2, 250, 0], [9, 0, 255, 4]]


def test_pointers(view: View, testmod: TestmodTruth) -> None:
    number, point = testmod.address["mpyk_number"], testmod.address["mpyk_point"]
    setup = "p = S('mpyk_pointers')"
    assert view("[int(p.number), p.number.Deref, p.number[0], p.number.ptrlev]", setup) == [number, -11, -11, 1]
    assert view("[p.number_twice.ptrlev, int(p.number_twice.Deref), p.number_twice.Deref.Deref]", setup) == [
        2, number, -11,
    ]  # fmt: skip
    assert view("[int(p.point), p.point.x, p.point.y, p.point.Deref.y]", setup) == [point, 3, -4, -4]
    assert view("[p.point_twice.ptrlev, int(p.point_twice.Deref), p.point_twice.Deref.y]", setup) == [2, point, -4]
    assert view("[bool(p.number_null), bool(p.point_null), int(p.nothing)]", setup) == [False, False, 0]
    assert view("[int(p.anything), p.anything.ptrlev, int(p.opaque)]", setup) == [number, 1, point]
    assert view("[p.by_typedef.x, int(p.self.self.self), p.self.number.Deref]", setup) == [
        3, testmod.address["mpyk_pointers"], -11,
    ]  # fmt: skip
    assert view("[str(p.words[0]), str(p.words[2]), p.words[3]]", setup) == ["one", "three", None]


def test_pointers_that_lead_nowhere(view: View) -> None:
    setup = "p = S('mpyk_pointers')"
    assert view("failure(lambda: p.number_null.Deref)", setup)[0] == "IndexError"
    assert view("failure(lambda: p.point_null.x)", setup)[0] == "IndexError"
    kind, text = view("failure(lambda: p.wild.Deref)", setup)
    assert kind == "error" and f"{WILD:#x}" in text


def test_functions(view: View) -> None:
    setup = "p = S('mpyk_pointers')"
    assert view("[addr2sym(p.operation), sym2addr('mpyk_operation') == p.operation]", setup) == ["mpyk_operation", True]
    assert view("[t.fullname() for t in SUInfo('struct mpyk_pointers').operation.ti.prototype]") == [
        "long", "struct mpyk_point *", "char *", "mpyk_count_t",
    ]  # fmt: skip


def test_a_pointer_to_an_array(view: View) -> None:
    assert view("[list(S('mpyk_pointers').rows.Deref), list(S('mpyk_pointers').rows[1])]") == [
        [1, 2, 3, 4], [5, 6, 7, 8],
    ]  # fmt: skip


def test_chains_of_typedefs(view: View) -> None:
    setup = "t = S('mpyk_typedefs')"
    assert view("[t.number, t.count, list(t.row), t.point.x, t.point.y, t.tagless.only]", setup) == [
        -1, -2, [10, 20, 30, 40], 5, 6, -9,
    ]  # fmt: skip
    assert view("[readSU('mpyk_point_t', int(t.point)).y, readSU('mpyk_tagless_t', int(t.tagless)).only]", setup) == [
        6, -9,
    ]  # fmt: skip
    assert view("[TypeInfo(n).size for n in ('mpyk_count_t', 'mpyk_point_p', 'struct mpyk_point *')]") == [4, 8, 8]
    assert view("[TypeInfo('mpyk_count_t').fullname(), TypeInfo('struct mpyk_point **').ptrlev]") == ["mpyk_count_t", 2]


def test_members_of_anonymous_members_are_the_structs_own(view: View) -> None:
    assert view("list(SUInfo('struct mpyk_unions'))") == [
        "first", "as_u64", "low", "high", "as_bytes", "named", "one", "innermost", "innermost_unsigned", "last",
    ]  # fmt: skip
    assert view("list(SUInfo('struct mpyk_anonymous_bits'))") == [
        "first", "p", "q", "deep", "r", "low_nibble", "rest", "whole", "sixteen", "inner",
    ]  # fmt: skip
    assert view("[S('mpyk_unions').hasField('low'), S('mpyk_unions').hasField('pair')]") == [True, False]
    assert view("failure(lambda: S('mpyk_unions').pair)")[0] == "MissingMember"


def test_a_union_by_its_name(view: View) -> None:
    setup = "u = S('mpyk_union', 'union mpyk_union')"
    assert view("[str(u.text), u.castTo('struct mpyk_point').x == u.point.x, len(u)]", setup) == [
        "union text",
        True,
        16,
    ]


def test_arithmetic_steps_by_the_size(view: View, testmod: TestmodTruth) -> None:
    items, size = testmod.address["mpyk_items"], testmod.sizes["struct mpyk_item"]
    setup = "i = S('mpyk_items', 'struct mpyk_item')"
    assert view("[int(i + 2), int(i[3]), i[3].number, i.PYT_size, len(i)]", setup) == [
        items + 2 * size, items + 3 * size, 4, size, size,
    ]  # fmt: skip
    assert view("[s.number for s in readSUArray('struct mpyk_item', A('mpyk_items'), 4)]") == [-5, -4, -1, 4]


def test_descriptions_and_dumps_are_equal(both: Both) -> None:
    """Text of every struct (those with arrays of more dimensions are in test_testmod_arrays)."""
    for name in STRUCTS:
        without, with_it = both(f"[SUInfo({name!r}).fullstr(), SUInfo({name!r}).shortstr()]")
        assert without == with_it
    for name in ("mpyk_lowest", "mpyk_enums", "mpyk_bits", "mpyk_packed_bits", "mpyk_unions", "mpyk_strings",
                 "mpyk_anonymous_bits", "mpyk_typedefs", "mpyk_pointers", "mpyk_union"):  # fmt: skip
        text = f"S({name!r}, {struct_of(name)!r})"
        without, with_it = both(f"[{text}.fullStr(), {text}.shortStr(), {text}.fullStr(4)]")
        assert without == with_it
        assert len(without[0].splitlines()) > 2


def test_a_dump_shows_the_values(view: View) -> None:
    text = view("S('mpyk_enums').fullStr()")
    assert "below = MPYK_MINUS_THREE" in text and "wide = MPYK_WIDEST" in text
    text = view("S('mpyk_bits').fullStr()")
    assert "minus = -13" in text and "wide = 0x1fedcba98" in text
    assert f"{WILD:#x}" in view("S('mpyk_strings').fullStr()")


def test_a_variable_needs_the_debuginfo(view: View, testmod: TestmodTruth) -> None:
    """BTF knows types; of variables only those that are per-CPU. A variable without a type is an error that says so."""
    if not view.debuginfo:
        kind, text = view("failure(lambda: readSymbol('mpyk_bits'))")
        assert kind == "TypeError" and "mpyk_bits" in text
        return
    assert view("[int(readSymbol('mpyk_bits')), readSymbol('mpyk_bits').minus, readSymbol('mpyk_number')]") == [
        testmod.address["mpyk_bits"], -13, -11,
    ]  # fmt: skip
    assert view("[whatis('mpyk_bits').ctype, readSymbol('mpyk_number_pointer').Deref]") == ["struct mpyk_bits", -11]
    assert view("[int(s) for s in readSymbol('mpyk_words')[:0]] + [str(readSymbol('mpyk_words')[1])]") == ["two"]


def test_symbols_of_the_module(view: View, testmod: TestmodTruth) -> None:
    names = ["mpyk_bits", "mpyk_number", "mpyk_list", "mpyk_hash", "mpyk_pointers"]
    assert view(f"[sym2addr(n) for n in {names}]") == [testmod.address[name] for name in names]
    assert view("[addr2sym(A('mpyk_bits')), addr2mod(sym2addr('mpyk_operation'))]") == ["mpyk_bits", "mpyk_testmod"]
