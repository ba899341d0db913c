# SPDX-License-Identifier: GPL-3.0-or-later
"""Units, indentation, names of flags and values."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()
sys.modules["crash"].__dict__.setdefault("enum_values", lambda name: {"A": 0, "B": 5}[name])

from pykdump.legacy import misc_helpers  # noqa: E402


@pytest.mark.parametrize(
    ("value", "base", "text"),
    [
        (0, 1024, "0  Bytes"), (1023, 1024, "1023  Bytes"), (1024, 1024, "1 KiB"), (1536, 1024, "1.50 KiB"),
        (1000**3, 1000, "1 GB"), (1000**6, 1000, "1 EB"), (1000**7, 1000, "1 ZB"), (2000, "SI", "2 K"),
        (1024**9, 1024, "1024 YiB"), (999, "SI", "999 "), (7, 12, "7"), (-2048, 1024, "-2 KiB"),
    ],
)  # fmt: skip
def test_units(value: int, base: Any, text: str) -> None:
    assert misc_helpers.val_to_units_string(value, base) == text


def test_custom_units() -> None:
    assert misc_helpers.val_to_units_string(120, 60, ["s", "min"]) == "2 min"
    assert misc_helpers.val_to_units_string(7200, 60, ["s", "min"]) == "120 min"


def test_small_ones(capsys: pytest.CaptureFixture[str]) -> None:
    assert misc_helpers.indent_str(2) == " " * 8
    misc_helpers.indent(1)
    assert capsys.readouterr().out == "    "
    assert misc_helpers.flags_to_string(0b101, {"A": 0, "B": 1, "C": 2}) == "A|C"
    assert misc_helpers.defines_to_string(7, {"SEVEN": 7}) == "SEVEN"
    assert misc_helpers.defines_to_string(8, {"SEVEN": 7}) == "UNKNOWN"
