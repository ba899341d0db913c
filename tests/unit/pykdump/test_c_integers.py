# SPDX-License-Identifier: GPL-3.0-or-later
"""Integers as C sees them."""

from __future__ import annotations

from support import fake_crash

fake_crash.install()

from pykdump import c_integers as c  # noqa: E402


def test_integers_have_their_width() -> None:
    assert c.uInt(-1) == 0xFFFFFFFF == c.INT_MASK
    assert c.uLong(-1) == c.LONG_MASK == 2**c.BITS_PER_LONG - 1
    assert (c.unsigned16(-1), c.unsigned32(2**32), c.unsigned64(-1)) == (
        0xFFFF,
        0,
        2**64 - 1,
    )
    assert c.INT_MAX == 2**31 - 1
    assert (c.ALIGN(0, 8), c.ALIGN(1, 8), c.ALIGN(8, 8), c.ALIGN(4097, 4096)) == (
        0,
        8,
        8,
        8192,
    )


def test_an_atomic_is_its_counter() -> None:
    made = fake_crash.install()
    made.define("atomic_t", counter="s32")
    made.define("struct other", value="s32")
    assert c.atomic_t(made.make("atomic_t", 0x1000, counter=-3)) == -3
    other = made.make("struct other", 0x2000)
    assert c.atomic_t(other) is other
    assert c.atomic_t(7) == 7
