# SPDX-License-Identifier: GPL-3.0-or-later
"""Where parameters are passed, and arguments with the sign and size of their types."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.caches import CU_LIVE, purge_memoize_cache  # noqa: E402
from pykdump.linux import arguments  # noqa: E402
from pykdump.linux.unwind.frames import ExceptionFrame, Frame  # noqa: E402
from pykdump.linux.x86.entry_registers import Entry, Known  # noqa: E402

STRUCT, PLAIN = 103, 8


def type_of(name: str, size: int, signed: bool = False, code: int = PLAIN) -> Any:
    pointer = 1 if name.endswith("*") else None
    return SimpleNamespace(fullname=lambda: name, size=size, codetype=code, ptrlev=pointer, uint=not signed)


INT, LONG = type_of("int", 4, signed=True), type_of("unsigned long", 8)
BYTE, POINTER = type_of("bool", 1), type_of("struct file *", 8)
PAIR, LARGE = type_of("struct pair", 16, code=STRUCT), type_of("struct large", 24, code=STRUCT)
PROTOTYPES: dict[tuple[str, str | None], Any] = {}


@pytest.fixture(autouse=True)
def types(monkeypatch: pytest.MonkeyPatch) -> None:
    purge_memoize_cache(CU_LIVE)
    PROTOTYPES.clear()
    monkeypatch.setattr(arguments, "function_prototype", lambda name, module: PROTOTYPES.get((name, module)))
    monkeypatch.setattr(arguments, "sizeof", lambda type_: type_.size)
    monkeypatch.setattr(arguments, "TYPE_CODE_STRUCT", STRUCT)


def places(result: Any, *types: Any) -> list[tuple[tuple[str, ...], int]]:
    purge_memoize_cache(CU_LIVE)
    PROTOTYPES["f", None] = (result, [("", type_) for type_ in types])
    found = arguments.parameters_of("f", None)
    assert found is not None
    return [(parameter.registers, parameter.slot) for parameter in found]


def test_six_registers_and_then_the_stack() -> None:
    found = places(INT, *[LONG] * 8)
    assert [registers for registers, _ in found] == [("di",), ("si",), ("dx",), ("cx",), ("r8",), ("r9",), (), ()]
    assert [slot for _, slot in found[6:]] == [0, 1]


def test_structs_by_value() -> None:
    assert places(INT, LONG, PAIR, LARGE, LONG) == [(("di",), 0), (("si", "dx"), 0), ((), 0), (("cx",), 0)]
    # A struct of two words is passed whole: the last register stays free for what follows.
    found = places(INT, *[LONG] * 5, PAIR, LONG, LONG)
    assert found[5:] == [((), 0), (("r9",), 0), ((), 2)]


def test_a_large_result_takes_the_first_register() -> None:
    assert places(LARGE, LONG) == [(("si",), 0)]
    assert places(PAIR, LONG) == [(("di",), 0)]


def entry(function: str = "f", exception: ExceptionFrame | None = None, **registers: Known) -> Entry:
    frame = Frame(function, 0, None, 0, 0, 0, False, {}, exception)
    return Entry(frame, 0, registers, {0: Known(0x77, 8, True)}.get)


def test_arguments_have_the_sign_and_the_size_of_their_types() -> None:
    PROTOTYPES["f", None] = (INT, [("a", INT), ("b", BYTE), ("c", POINTER), ("d", LONG), ("e", LONG)])
    found = arguments.arguments_of(
        entry(di=Known(0xFFFFFFFE, 4, True), si=Known(0x101, 8, True), dx=Known(0x10, 8, False), cx=Known(5, 4, True))
    )
    assert found is not None
    assert [(a.value, a.confidence, a.text) for a in found] == [
        (-2, "known", "-2"),
        (1, "known", "1"),
        (0x10, "likely", "0x10"),
        (None, None, "?"),  # only four of its bytes are known
        (None, None, "?"),
    ]
    assert [(a.number, a.name, a.ctype, a.place) for a in found][:3] == [
        (1, "a", "int", "di"), (2, "b", "bool", "si"), (3, "c", "struct file *", "dx"),
    ]  # fmt: skip


def test_arguments_on_the_stack() -> None:
    PROTOTYPES["f", None] = (INT, [("", LONG)] * 7)
    found = arguments.arguments_of(entry())
    assert found is not None
    assert (found[6].place, found[6].value, found[6].confidence) == ("stack+0x0", 0x77, "known")


def test_parts_of_functions_and_functions_without_types(monkeypatch: pytest.MonkeyPatch) -> None:
    PROTOTYPES["f", None] = (INT, [("a", INT)])
    found = arguments.arguments_of(entry("f.cold"))
    assert found is not None and found[0].name == "a"
    monkeypatch.setattr(arguments, "whatis", lambda name: SimpleNamespace(ti=SimpleNamespace(prototype=[INT, LONG])))
    without_names = arguments.arguments_of(entry("g"))
    assert without_names is not None and (without_names[0].name, without_names[0].ctype) == ("", "unsigned long")
    assert arguments.arguments_of(entry("f.isra.0")) is None  # its parameters are not those of the source
    assert arguments.arguments_of(entry("f", ExceptionFrame(0, {}, True))) is None
