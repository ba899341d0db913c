# SPDX-License-Identifier: GPL-3.0-or-later
"""The list readers, on lists that are sound, empty, looped, cut off and too long."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import lists  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402

HEAD = 0x1000
NODE = "struct node"
LINK_OFFSET = 8


@pytest.fixture
def kernel() -> fake_crash.Kernel:
    kernel = fake_crash.install()
    kernel.define("struct list_head", next="ptr struct list_head", prev="ptr struct list_head")
    kernel.define(NODE, value="u64", link="struct list_head", next="ptr struct node")
    return kernel


@pytest.fixture(autouse=True)
def forget_problems() -> Iterator[None]:
    yield
    pylog._problems.clear()


def nodes(kernel: fake_crash.Kernel, count: int) -> list[int]:
    """A circular list: its head at HEAD, ``count`` nodes after it; their addresses."""
    addresses = [0x2000 + 0x100 * i for i in range(count)]
    for i, address in enumerate(addresses):
        kernel.make(NODE, address, value=i)
    kernel.link([HEAD, *(a + LINK_OFFSET for a in addresses)])
    return addresses


def problems() -> list[str]:
    return [message for _, message in pylog._problems]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_all_entries_of_a_list_come_in_order(kernel: fake_crash.Kernel, count: int) -> None:
    addresses = nodes(kernel, count)
    found = lists.readSUListFromHead(HEAD, "link", NODE)
    assert found == addresses
    assert [node.value for node in found] == list(range(count))
    assert lists.readList(HEAD) == [HEAD, *(a + LINK_OFFSET for a in addresses)]
    assert lists.readListByHead(HEAD) == [a + LINK_OFFSET for a in addresses]
    assert lists.ListHead(HEAD, NODE).link == addresses
    assert [int(lh) for lh in lists.ListHead(HEAD)] == [a + LINK_OFFSET for a in addresses]
    assert lists.LH_isempty(kernel.view("struct list_head", HEAD)) == (count == 0)
    assert problems() == []


def test_a_symbol_names_the_struct_that_embeds_the_head(kernel: fake_crash.Kernel) -> None:
    addresses = nodes(kernel, 3)
    kernel.symbols["first_node"] = addresses[0]
    kernel.link([a + LINK_OFFSET for a in addresses])
    assert lists.readSUListFromHead("first_node", "link", NODE) == addresses[1:]
    assert lists.readSUListFromHead("first_node", "link", NODE, inchead=True) == addresses
    with pytest.raises(TypeError, match="no_such_symbol"):
        lists.readSUListFromHead("no_such_symbol", "link", NODE)


def test_what_does_not_exist_is_named(kernel: fake_crash.Kernel) -> None:
    with pytest.raises(KeyError, match="nolink"):
        lists.readSUListFromHead(HEAD, "nolink", NODE)
    with pytest.raises(TypeError, match="struct nothing"):
        lists.readSUListFromHead(HEAD, "link", "struct nothing")
    with pytest.raises(KeyError, match="nolink"):
        _ = lists.ListHead(0, NODE).nolink


def test_a_list_of_exactly_maxel_gives_no_warning(kernel: fake_crash.Kernel) -> None:
    addresses = nodes(kernel, 5)
    assert len(lists.readSUListFromHead(HEAD, "link", NODE, maxel=5)) == 5
    assert problems() == []
    assert lists.readSUListFromHead(HEAD, "link", NODE, maxel=4) == addresses[:4]
    assert len(problems()) == 1
    assert "4 elements" in problems()[0]


def test_a_silent_bound(kernel: fake_crash.Kernel) -> None:
    nodes(kernel, 5)
    assert len(lists.readList(HEAD, maxel=3, warn=False)) == 3
    assert problems() == []


def test_a_loop_ends_and_is_reported(kernel: fake_crash.Kernel) -> None:
    addresses = nodes(kernel, 4)
    kernel.write_pointer(addresses[3] + LINK_OFFSET, addresses[1] + LINK_OFFSET)
    assert lists.readSUListFromHead(HEAD, "link", NODE) == addresses
    assert "Duplicate entry" in problems()[0]
    assert lists.readBadList(HEAD, inchead=False)[1] == "Duplicate entry"


def test_a_wild_pointer_ends_the_list_and_is_reported(kernel: fake_crash.Kernel) -> None:
    addresses = nodes(kernel, 4)
    kernel.write_pointer(addresses[2] + LINK_OFFSET, 0xDEAD0000)
    found = lists.readListByHead(HEAD)
    assert found == [a + LINK_OFFSET for a in addresses[:3]] + [0xDEAD0000]
    assert "0xdead0000" in problems()[0]


@pytest.mark.parametrize("count", [0, 1, 5, 6, 7, 12, 13])
def test_a_list_in_parts(kernel: fake_crash.Kernel, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(lists, "WALKED_AT_ONCE", 6)
    addresses = nodes(kernel, count)
    assert list(lists.walkListByHead(HEAD)) == [a + LINK_OFFSET for a in addresses]
    assert problems() == []


def test_a_part_is_yielded_before_the_next_is_read(kernel: fake_crash.Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "WALKED_AT_ONCE", 2)
    addresses = nodes(kernel, 4)
    kernel.write_pointer(addresses[2] + LINK_OFFSET, 0xDEAD0000)
    walk = lists.walkListByHead(HEAD)
    assert [next(walk), next(walk)] == [a + LINK_OFFSET for a in addresses[:2]]
    assert problems() == []
    assert list(walk) == [addresses[2] + LINK_OFFSET, 0xDEAD0000]
    assert "0xdead0000" in problems()[0] and "after 4 elements" in problems()[0]


@pytest.mark.parametrize("target", [1, 3])
@pytest.mark.parametrize("part", [1, 2, 3, 4, 9])
def test_a_loop_ends_a_list_in_parts(
    kernel: fake_crash.Kernel, monkeypatch: pytest.MonkeyPatch, part: int, target: int
) -> None:
    monkeypatch.setattr(lists, "WALKED_AT_ONCE", part)
    addresses = nodes(kernel, 4)
    kernel.write_pointer(addresses[3] + LINK_OFFSET, addresses[target] + LINK_OFFSET)
    assert list(lists.walkListByHead(HEAD)) == [a + LINK_OFFSET for a in addresses]
    assert len(problems()) == 1


def test_a_list_in_parts_is_bounded(kernel: fake_crash.Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "WALKED_AT_ONCE", 2)
    addresses = nodes(kernel, 5)
    assert list(lists.walkListByHead(HEAD, maxel=5)) == [a + LINK_OFFSET for a in addresses]
    assert problems() == []
    assert list(lists.walkListByHead(HEAD, maxel=3)) == [a + LINK_OFFSET for a in addresses[:3]]
    assert "3 elements" in problems()[0]


def test_null_is_an_empty_list(kernel: fake_crash.Kernel) -> None:
    assert lists.readList(0) == []
    assert lists.readBadList(0) == ([], None)
    assert lists.readStructNext(0, "next") == []  # type: ignore[arg-type]
    assert lists.LH_isempty(0)  # type: ignore[arg-type]


def test_structs_chained_by_a_plain_pointer(kernel: fake_crash.Kernel) -> None:
    addresses = [0x2000, 0x2100, 0x2200]
    for here, following in zip(addresses, [*addresses[1:], 0]):
        kernel.make(NODE, here, value=here, next=following)
    first = kernel.view(NODE, addresses[0])
    assert [node.value for node in lists.readStructNext(first, "next")] == addresses
    assert lists.readStructNext(first, "next", inchead=False) == addresses[1:]


@pytest.mark.parametrize("end", [0, 0x13])  # hlist_nulls ends with an odd value
def test_an_hlist(kernel: fake_crash.Kernel, end: int) -> None:
    addresses = [0x2000, 0x2100]
    for here, following in zip(addresses, [0x2100 + LINK_OFFSET, end]):
        kernel.make(NODE, here)
        kernel.write_pointer(here + LINK_OFFSET, following)
    kernel.write_pointer(HEAD, addresses[0] + LINK_OFFSET)
    assert list(lists.hlist_for_each_entry(NODE, HEAD, "link")) == addresses


def test_an_array_of_structs_is_a_list_or_endless(kernel: fake_crash.Kernel) -> None:
    size = kernel.sizes[NODE]
    expected = [HEAD, HEAD + size, HEAD + 2 * size]
    assert lists.readSUArray(NODE, HEAD, 3) == expected
    assert list(itertools.islice(lists.readSUArray(NODE, HEAD), 3)) == expected
