# SPDX-License-Identifier: GPL-3.0-or-later
"""The printk ring buffer of a made-up kernel, filled as kernel/printk/printk_ringbuffer.c describes it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux import printk  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402

POINTER, BUFFER, DESCS, INFOS, DATA = 0x100, 0x1000, 0x2000, 0x3000, 0x8000
SIZE_BITS, COUNT_BITS = 6, 2  # 64 bytes of text, four descriptors
COMMITTED, FINALIZED, REUSABLE = 1, 2, 3


class Log:
    """A kernel with a ring buffer."""

    def __init__(self, first: int, last: int) -> None:
        self.kernel = k = fake_crash.install()
        k.define("atomic", counter="u64")
        k.define("struct prb_data_blk_lpos", begin="u64", next="u64")
        k.define("struct prb_desc", state_var="atomic", text_blk_lpos="struct prb_data_blk_lpos")
        k.define("struct dev_printk_info", subsystem="char[16]", device="char[48]")
        k.define(
            "struct printk_info", seq="u64", ts_nsec="u64", text_len="u16", facility="u8", flags="u8", level="u8",
            caller_id="u32", dev_info="struct dev_printk_info",
        )  # fmt: skip
        k.define(
            "struct prb_desc_ring", count_bits="u32", descs="ptr struct prb_desc", infos="ptr struct printk_info",
            head_id="atomic", tail_id="atomic",
        )  # fmt: skip
        k.define("struct prb_data_ring", size_bits="u32", data="ptr")
        k.define("struct printk_ringbuffer", desc_ring="struct prb_desc_ring", text_data_ring="struct prb_data_ring")
        k.symbols["prb"] = POINTER
        k.write_pointer(POINTER, BUFFER)
        k.make(
            "struct printk_ringbuffer", BUFFER, desc_ring_DOT_count_bits=COUNT_BITS, desc_ring_DOT_descs=DESCS,
            desc_ring_DOT_infos=INFOS, desc_ring_DOT_head_id_DOT_counter=last,
            desc_ring_DOT_tail_id_DOT_counter=first, text_data_ring_DOT_size_bits=SIZE_BITS,
            text_data_ring_DOT_data=DATA,
        )  # fmt: skip
        k.write(DATA, bytes(1 << SIZE_BITS))

    def add(self, number: int, begin: int, following: int, length: int, state: int = FINALIZED, **info: object) -> None:
        index = number & 3
        desc, infos = self.kernel.sizes["struct prb_desc"], self.kernel.sizes["struct printk_info"]
        self.kernel.make(
            "struct prb_desc", DESCS + index * desc, state_var_DOT_counter=state << 62 | number,
            text_blk_lpos_DOT_begin=begin, text_blk_lpos_DOT_next=following,
        )  # fmt: skip
        self.kernel.make("struct printk_info", INFOS + index * infos, text_len=length, seq=number, **info)

    def text(self, offset: int, text: str) -> None:
        self.kernel.write(DATA + offset + 8, text.encode())


@pytest.fixture(autouse=True)
def no_problems() -> Iterator[None]:
    yield
    pylog._problems.clear()


def test_records_and_their_members() -> None:
    log = Log(0, 1)
    log.add(0, 0, 24, 5, ts_nsec=1_500_000_000, level=3, facility=0, flags=2, caller_id=17)
    log.text(0, "first")
    log.add(1, 24, 48, 10, COMMITTED, caller_id=0x80000002, dev_info_DOT_subsystem="pci", dev_info_DOT_device="+pci:1")
    log.text(24, "one\nsecond")
    first, second = printk.log_records()
    assert (first.text, first.seconds, first.level, first.caller, first.device) == ("first", 1.5, 3, "T17", None)
    assert (second.seq, second.caller, second.subsystem, second.device) == (1, "C2", "pci", "+pci:1")
    assert list(printk.log_lines()) == [(1.5, "first"), (0.0, "one"), (0.0, "second")]


def test_descriptors_wrap_around_and_states_count() -> None:
    log = Log((1 << 62) - 1, 2)  # IDs 2^62-1, 0, 1, 2
    log.add((1 << 62) - 1, 0, 16, 1)
    log.text(0, "a")
    log.add(0, 16, 32, 1, REUSABLE)
    log.add(1, 32, 48, 1, state=0)
    log.add(2, 16, 32, 1)
    log.text(16, "b")
    assert [record.text for record in printk.log_records()] == ["a", "b"]


def test_a_text_that_wraps_is_at_the_begin_of_the_ring() -> None:
    log = Log(0, 1)
    log.add(0, 48, 64 + 24, 9)
    log.text(0, "at begin!")
    log.add(1, 40, 64, 7)  # since v6.17 a block may end where the ring ends
    log.text(40, "the end")
    assert [record.text for record in printk.log_records()] == ["at begin!", "the end"]


def test_records_without_text() -> None:
    log = Log(0, 1)
    log.add(0, 3, 3, 0)  # an empty line
    log.add(1, 1, 1, 20)  # its text was not stored
    assert [record.text for record in printk.log_records()] == [""]


def test_one_bad_record_costs_one_record() -> None:
    log = Log(0, 2)
    log.add(0, 0, 16, 1)
    log.text(0, "a")
    log.add(1, 32, 34, 1)  # a block without room for its header
    log.add(2, 16, 32, 1)
    log.text(16, "b")
    for offset in range(8):
        del log.kernel.memory[DATA + 16 + offset]  # only the text counts
    assert [record.text for record in printk.log_records()] == ["a", "b"]
    del log.kernel.memory[DATA + 8]
    assert [record.text for record in printk.log_records()] == ["b"]


def test_a_kernel_without_the_ring() -> None:
    fake_crash.install()
    with pytest.raises(TypeError, match="prb"):
        next(printk.log_records())
