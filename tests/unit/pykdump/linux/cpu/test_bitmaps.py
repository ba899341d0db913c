# SPDX-License-Identifier: GPL-3.0-or-later
"""Bitmaps and sets of numbers as text."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.cpu import bitmaps  # noqa: E402

MASK = 0x5000


@pytest.mark.parametrize(
    ("words", "bits"),
    [([], []), ([0], []), ([0b1011], [0, 1, 3]), ([1 << 63, 1], [63, 64]), ([0, 0, 1 << 5], [133])],
)
def test_set_bits(words: list[int], bits: list[int]) -> None:
    assert bitmaps.set_bits(b"".join(word.to_bytes(8, "little") for word in words)) == bits


@pytest.mark.parametrize(
    ("numbers", "text"), [([], ""), ([5], "5"), ([0, 1, 2, 3, 8], "0-3,8"), ([1, 3, 4], "1,3-4"), ([7, 9], "7,9")]
)
def test_numbers_as_ranges(numbers: list[int], text: str) -> None:
    assert bitmaps.ranges_text(numbers) == text


def test_a_mask_ends_with_the_last_possible_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = fake_crash.install()
    monkeypatch.setattr(bitmaps, "possible_cpus", lambda: [0, 1, 2])
    kernel.write(MASK, (0xFFFF_0005).to_bytes(8, "little"))
    assert bitmaps.cpumask_cpus(MASK) == [0, 2]
    assert bitmaps.cpumask_cpus(0) == []


def test_a_mask_in_its_owner_or_behind_a_pointer(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = fake_crash.install()
    monkeypatch.setattr(bitmaps, "possible_cpus", lambda: [0, 1, 2])
    kernel.define("struct cpumask", bits="u64")
    kernel.make("struct cpumask", MASK, bits=0b110)
    kernel.define("struct owner", mask="ptr struct cpumask")
    owner = kernel.make("struct owner", 0x1000, mask=MASK)
    assert bitmaps.cpumask_member(owner, "mask") == [1, 2]
    assert bitmaps.cpumask_member(owner, "effective_affinity") == [], "a kernel without SMP has no such member"
