# SPDX-License-Identifier: GPL-3.0-or-later
"""Letters of a taint mask. The numbers are those of Documentation/admin-guide/tainted-kernels.rst."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux import taint  # noqa: E402


@pytest.mark.parametrize(
    ("mask", "letters"),
    [(0, ""), (1, "P"), (128, "D"), (512, "W"), (4096, "O"), (8192, "E"), (16384, "L"), (131072, "T"), (12288, "OE")],
)
def test_the_letters_of_a_mask(mask: int, letters: str) -> None:
    assert taint.letters_of(mask) == letters


def test_a_bit_of_the_future_has_no_letter() -> None:
    assert taint.letters_of(1 << 40 | 1) == "P?"


def test_the_table_of_the_kernel_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    table = [SimpleNamespace(c_true="P"), SimpleNamespace(c_true=ord("Z"))]
    values = {"taint_flags": table, "tainted_mask": 3}
    monkeypatch.setattr(taint, "readSymbol", values.__getitem__)
    assert list(taint.taints()) == [("P", "a proprietary module was loaded"), ("Z", "the meaning is not known")]


def test_a_kernel_without_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(name: str) -> int:
        if name == "taint_flags":
            raise TypeError("no such symbol")
        return 512

    monkeypatch.setattr(taint, "readSymbol", read)
    assert [letter for letter, _ in taint.taints()] == ["W"]
