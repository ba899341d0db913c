# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of parameters as the functions of kernel/params.c print them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux import module_parameters as mp  # noqa: E402

AT = 0x1000


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> fake_crash.Kernel:
    made = fake_crash.install()
    monkeypatch.setattr(
        mp, "readInt", lambda at, size, signed=False: int.from_bytes(made.read(at, size), "little", signed=signed)
    )
    return made


@pytest.mark.parametrize(
    ("kind", "raw", "text"),
    [
        ("bool", b"\1", "Y"), ("bool", b"\0", "N"), ("invbool", b"\1", "N"), ("byte", b"\xff", "255"),
        ("short", b"\xff\xff", "-1"), ("ushort", b"\xff\xff", "65535"), ("int", b"\xfe\xff\xff\xff", "-2"),
        ("uint", b"\1\0\0\1", "16777217"), ("hexint", b"\xff\0\0\0", "0x0000ff"), ("long", b"\xff" * 8, "-1"),
        ("ulong", b"\xff" * 8, "18446744073709551615"), ("charp", bytes(8), "(null)"), ("own", b"", None),
    ],
)  # fmt: skip
def test_values(kernel: fake_crash.Kernel, kind: str, raw: bytes, text: str | None) -> None:
    kernel.write(AT, raw)
    assert mp.value_text(kind, AT) == text


def test_texts(kernel: fake_crash.Kernel) -> None:
    kernel.write_pointer(AT, 0x2010)
    kernel.write(0x2010, b"a text that is longer than the rest of its 64 bytes\0".ljust(0x80, b"x"))
    assert mp.value_text("charp", AT) == "a text that is longer than the rest of its 64 bytes"


@pytest.mark.parametrize(
    ("symbol", "kind"),
    [
        ("param_get_int", "int"),
        ("param_array_get", "array"),
        ("param_get_portnr", "own"),
        ("x_get", "own"),
        (None, "own"),
    ],
)
def test_the_function_that_shows_it(symbol: str | None, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mp, "addr2sym", lambda address: symbol)
    assert mp._getter(SimpleNamespace(get=1)) == kind  # type: ignore[arg-type]
    assert mp._getter(SimpleNamespace(get=0)) == "hidden"  # type: ignore[arg-type]


def test_an_array(kernel: fake_crash.Kernel) -> None:
    kernel.write(AT, b"\2\0\0\0")
    kernel.write(AT + 16, b"\5\0\0\0\6\0\0\0\7\0\0\0")
    array: Any = SimpleNamespace(num=AT, max=3, elem=AT + 16, elemsize=4)
    assert mp._array(array, "int") == "5,6"
    array.num = 0
    assert mp._array(array, "uint") == "5,6,7"
    assert mp._array(array, "own") is None
