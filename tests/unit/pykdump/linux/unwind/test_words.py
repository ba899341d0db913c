# SPDX-License-Identifier: GPL-3.0-or-later
"""Words and saved registers of a stack in made-up memory."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.unwind.words import Broken, SavedRegisters, Words  # noqa: E402

LOW = 0x40000
ROWS = (("bx", 8), ("ip", 16), ("cs", 24), ("ss", 32))


@pytest.fixture
def words() -> Words:
    kernel = fake_crash.install()
    for number in range(8):
        kernel.write_pointer(LOW + 8 * number, 0xAB0000 + number)
    return Words(LOW, LOW + 64)


def test_words_at_addresses(words: Words) -> None:
    assert (words.at(LOW), words.at(LOW + 56)) == (0xAB0000, 0xAB0007)
    assert list(words.several(LOW + 8, 2)) == [0xAB0001, 0xAB0002]


@pytest.mark.parametrize("address", [LOW - 8, LOW + 4, LOW + 64, 0, 1 << 64])
def test_words_outside(words: Words, address: int) -> None:
    with pytest.raises(Broken, match=f"{address:#x} is not on"):
        words.at(address)


def test_several_words_are_there_as_a_whole(words: Words) -> None:
    with pytest.raises(Broken, match=f"{LOW + 64:#x} is not on"):
        words.several(LOW + 56, 2)


def test_registers(words: Words) -> None:
    registers = SavedRegisters(ROWS)
    assert registers.read(words, LOW) == {"bx": 0xAB0001, "ip": 0xAB0002, "cs": 3, "ss": 4}
    assert registers.is_user(words, LOW)  # cs is 3
    assert not registers.is_user(words, LOW + 8)  # cs is 4
    with pytest.raises(Broken):
        registers.is_user(words, LOW + 32)  # ss would be outside


def test_one_register(words: Words) -> None:
    assert SavedRegisters([("bp", 8)]).read(words, LOW) == {"bp": 0xAB0001}
