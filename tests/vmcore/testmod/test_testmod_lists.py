# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of the test module: healthy, empty, very long, looped, torn, and their hash tables."""

from __future__ import annotations

import re

import pytest

from support.session import CrashSession
from support.testmod import TestmodTruth
from support.truth import Truth
from vmcore.testmod.conftest import View

ITEM = "struct mpyk_item"
MANY = 100_000
WILD = 0xDEAD4EAD00000000
# Numbers of the items; what cannot be read is -999.
NUMBER = """
def number(item):
    try:
        return item.number
    except crash.error:
        return -999
"""
FROM_HEAD = "[number(i) for i in readSUListFromHead(A({0!r}), 'link', 'struct mpyk_item', warn=False)]"
LIST_HEAD = "[number(i) for i in ListHead(A({0!r}), 'struct mpyk_item').link]"
BY_HEAD = "[number(container_of(a, 'struct mpyk_item', 'link')) for a in readListByHead(A({0!r}))]"
EACH_ENTRY = "[number(container_of(a, 'struct mpyk_item', 'link')) for a in list_for_each_entry(A({0!r}))]"
READ_LIST = "[number(readSU('struct mpyk_item', a - 8)) for a in readList(A({0!r}))[1:]]"
READERS = [FROM_HEAD, LIST_HEAD, BY_HEAD, EACH_ENTRY, READ_LIST]
IDS = ["readSUListFromHead", "ListHead", "readListByHead", "list_for_each_entry", "readList"]


@pytest.mark.parametrize("reader", READERS, ids=IDS)
def test_each_reader_of_a_healthy_list(view: View, testmod: TestmodTruth, reader: str) -> None:
    assert testmod.numbers("mpyk_list") == [i * i - 5 for i in range(10)]
    assert view(reader.format("mpyk_list"), NUMBER) == testmod.numbers("mpyk_list")


@pytest.mark.parametrize("reader", READERS, ids=IDS)
def test_each_reader_of_an_empty_list(view: View, reader: str) -> None:
    assert view(reader.format("mpyk_empty_list"), NUMBER) == []
    assert view(reader.format("mpyk_null_list"), NUMBER) == []
    assert view("[LH_isempty(readSU('struct list_head', A(n))) for n in ('mpyk_list', 'mpyk_empty_list')]") == [
        False, True,
    ]  # fmt: skip
    assert view("[LH_isempty(readSU('struct list_head', a)) for a in (A('mpyk_null_list'), 0)]") == [True, True]


@pytest.mark.parametrize("reader", READERS, ids=IDS)
@pytest.mark.parametrize(
    ("name", "complaint"),
    [("mpyk_loop_list", "is in the list twice"), ("mpyk_wild_list", f"{WILD:#x}"), ("mpyk_torn_list", "")],
)
def test_each_reader_of_a_damaged_list(
    view: View, testmod: TestmodTruth, reader: str, name: str, complaint: str
) -> None:
    """The readable entries are returned, and the reason for the end is reported. NULL is a normal end.

    A wild pointer is the last element given: that is where the list leads.
    """
    wanted = testmod.numbers(name) + ([-999] if name == "mpyk_wild_list" else [])
    assert len(wanted) > 5
    assert view(reader.format(name), NUMBER) == wanted
    printed = view.printed(reader.format(name), NUMBER)
    assert complaint in printed
    assert ("+++ERROR+++" in printed) == bool(complaint)


def test_what_readbadlist_tells(view: View, testmod: TestmodTruth) -> None:
    first, size = testmod.address["mpyk_loop_items"] + 8, testmod.sizes[ITEM]
    assert view("readBadList(A('mpyk_list'), inchead=False)[1]") is None
    found, problem = view("readBadList(A('mpyk_loop_list'), inchead=False)")
    assert found == [first + i * size for i in range(10)]
    assert f"{first + 3 * size:#x}" in problem
    found, problem = view("readBadList(A('mpyk_wild_list'), inchead=False)")
    assert f"{WILD:#x}" in problem
    assert found[-1] == WILD and len(found) == 7
    assert view("readBadList(A('mpyk_torn_list'), inchead=False)[1]") is None


def test_sizes_of_lists(view: View) -> None:
    names = ("mpyk_list", "mpyk_empty_list", "mpyk_null_list", "mpyk_loop_list", "mpyk_torn_list")
    assert view(f"[getListSize(A(n), 0, 1000) for n in {names}]") == [10, 0, 0, 10, 6]
    assert view("[getListSize(A('mpyk_many'), 0, n) for n in (1000, 200000)]") == [1000, MANY]


def test_a_hundred_thousand_elements(view: View, testmod: TestmodTruth) -> None:
    ((_, count, weighted),) = testmod.rows("many")
    assert int(count) == MANY
    numbers = "[i.number for i in readSUListFromHead(A('mpyk_many'), 'link', 'struct mpyk_small_item', maxel=200000)]"
    setup = f"n = {numbers}"
    assert view("[len(n), n == list(range(100000)), sum((i + 1) * (v + 1) for i, v in enumerate(n))]", setup) == [
        MANY, True, int(weighted),
    ]  # fmt: skip
    assert view("len(ListHead(A('mpyk_many'), 'struct mpyk_small_item', maxel=100000).link)") == MANY


def test_a_long_list_is_cut_with_a_word(view: View) -> None:
    reader = "len(readSUListFromHead(A('mpyk_many'), 'link', 'struct mpyk_small_item'{}))"
    assert view(reader.format("")) == 10000
    assert "10000 elements" in view.printed(reader.format(""))
    assert view(reader.format(", warn=False")) == 10000
    assert "elements" not in view.printed(reader.format(", warn=False"))
    assert "elements" not in view.printed(reader.format(", maxel=100000"))


def test_chains_of_next_pointers(view: View, testmod: TestmodTruth) -> None:
    every = testmod.numbers("mpyk_list")
    setup = "first = S('mpyk_items', 'struct mpyk_item')"
    assert view("[i.number for i in readStructNext(first, 'next')]", setup) == every[::2]
    assert view("[i.number for i in readStructNext(first, 'next', inchead=False)]", setup) == every[2::2]
    assert view("[i.number for i in readStructNext(first, 'next', maxel=2)]", setup) == [every[0], every[2]]
    assert view("readStructNext(readSU('struct mpyk_item', 0), 'next')") == []
    assert view("[i.number for i in readStructNext(first.next, 'next')]", setup) == every[2::2]
    wild = "[int(i) for i in readStructNext(S('mpyk_wild_items', 'struct mpyk_item') + 1, 'next')]"
    assert view(wild)[-1] == WILD
    assert f"{WILD + 24:#x}" in view.printed(wild), "the place of its own next"


def test_hash_chains(view: View, testmod: TestmodTruth) -> None:
    each = "[i.number for i in hlist_for_each_entry('struct mpyk_item', A({!r}), {!r})]"
    assert view(each.format("mpyk_chain", "hash")) == testmod.numbers("mpyk_chain")
    assert view(each.format("mpyk_nulls_chain", "nulls")) == testmod.numbers("mpyk_nulls_chain")
    head = "readSU('struct hlist_head', A('mpyk_chain'))"
    assert view(f"[i.number for i in hlist_for_each_entry('struct mpyk_item', {head}, 'hash')]") == testmod.numbers(
        "mpyk_chain"
    )
    stack = "[container_of(a, 'struct mpyk_item', 'stack').number for a in readList(readPtr(A('mpyk_stack')))]"
    assert view(stack) == testmod.numbers("mpyk_stack")


def test_buckets(view: View, testmod: TestmodTruth) -> None:
    buckets = [[int(word) for word in row[2:]] for row in testmod.rows("bucket")]
    assert len(buckets) == 16 and [] in buckets and max(map(len, buckets)) > 1
    place = "A('mpyk_hash'), struct_size('struct mpyk_bucket'), 16, member_offset('struct mpyk_bucket', 'chain')"
    first = "container_of({}, 'struct mpyk_item', 'hash').number"
    assert view(f"[{first.format('a')} for a in getFullBuckets({place})]") == [b[0] for b in buckets if b]
    assert view(f"[[n, {first.format('a')}] for n, a in getFullBucketsH({place})]") == [
        [number, bucket[0]] for number, bucket in enumerate(buckets) if bucket
    ]
    heads = "S('mpyk_hash', 'struct mpyk_bucket')"
    assert (
        view(
            f"[[i.number for i in hlist_for_each_entry('struct mpyk_item', Addr({heads}[n], 'chain'), 'hash')]"
            " for n in range(16)]"
        )
        == buckets
    )
    assert view("[n for n, _ in getFullBucketsH(A('mpyk_nulls_table'), 8, 4, 0)]") == [2]


def test_container_of_and_its_relatives(view: View, testmod: TestmodTruth) -> None:
    item = testmod.address["mpyk_items"] + 2 * testmod.sizes[ITEM]
    setup = "i = S('mpyk_items', 'struct mpyk_item') + 2"
    assert view("[int(container_of(Addr(i, m), 'struct mpyk_item', m)) for m in ('link', 'hash', 'stack')]", setup) == [
        item, item, item,
    ]  # fmt: skip
    assert view("[int(i.link), int(i.link.next), int(i.fieldOffset('link'))]", setup) == [
        item + 8, item + 8 + testmod.sizes[ITEM], 8,
    ]  # fmt: skip
    assert view("int(readPtr(A('mpyk_list_pointer')))") == testmod.address["mpyk_list"]


def test_lists_by_symbols_and_variables(view: View, testmod: TestmodTruth) -> None:
    assert view("[len(ListHead(sym2addr('mpyk_list'))), len(ListHead(sym2addr('mpyk_list'), 'struct mpyk_item'))]") == [
        10, 10,
    ]  # fmt: skip
    if view.debuginfo:
        assert view("[i.number for i in ListHead(Addr(readSymbol('mpyk_list')), 'struct mpyk_item').link]") == (
            testmod.numbers("mpyk_list")
        )
        assert (
            view("[i.number for i in readStructNext(readSymbol('mpyk_items')[0], 'next')]")
            == (testmod.numbers("mpyk_list")[::2])
        )


def test_mistakes_are_told(view: View) -> None:
    head = "A('mpyk_list')"
    assert view(f"failure(lambda: readSUListFromHead({head}, 'lnik', 'struct mpyk_item'))")[0] in {
        "KeyError", "MissingMember",
    }  # fmt: skip
    assert view(f"failure(lambda: readSUListFromHead({head}, 'link', 'struct mpyk_never'))")[0] == "TypeError"


ACCEPTANCE = "from pykdump.API import *; print(len(ListHead(sym2addr('modules'), 'struct module').list))"


def test_the_modules_of_the_dump_without_any_debuginfo(crash_session: CrashSession, truth: Truth) -> None:
    """The line of the acceptance."""
    loaded = crash_session.run("mod")
    assert loaded.count("(not loaded)") == len(truth.modules)
    assert crash_session.run(f'epython -c "{ACCEPTANCE}"').split() == [str(len(truth.modules))]


def test_a_struct_that_only_a_module_has_without_any_debuginfo(bare: View, testmod: TestmodTruth) -> None:
    """``readSU('struct <only in a module>', a)``; crash itself, without the debuginfo, does not know it."""
    assert bare("readSU('struct mpyk_bits', A('mpyk_bits')).minus") == -13
    assert bare("struct_size('struct nfs_server')") > 100
    printed = bare.session.run(f"struct mpyk_bits {testmod.address['mpyk_bits']:x}")
    assert re.search("invalid data structure reference", printed)
