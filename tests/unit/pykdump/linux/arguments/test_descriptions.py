# SPDX-License-Identifier: GPL-3.0-or-later
"""What pointers point to, in made-up memory."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.arguments import descriptions  # noqa: E402
from pykdump.linux.arguments.descriptions import description  # noqa: E402

AT = 0xFFFF888000001000


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> fake_crash.Kernel:
    kernel = fake_crash.install()
    kernel.define("struct task_struct", pid="u32", comm="char[16]")
    kernel.define("struct workqueue_struct", name="char[24]")
    monkeypatch.setattr(descriptions, "variable_name", lambda address: "vfs_read" if address == AT else "")
    return kernel


def test_structs(kernel: fake_crash.Kernel) -> None:
    kernel.make("struct task_struct", AT, pid=12, comm="sleeper")
    kernel.make("struct workqueue_struct", AT + 0x100, name="events")
    assert description("struct task_struct *", AT) == "PID 12 sleeper"
    assert description("struct workqueue_struct *", AT + 0x100) == "events"
    assert description("struct unknown_here *", AT) is None
    assert description("struct task_struct **", AT) is None


def test_what_is_not_in_the_dump_says_so(kernel: fake_crash.Kernel) -> None:
    assert str(description("struct task_struct *", AT + 0x5000)).startswith("cannot be read: ")


def test_numbers_and_addresses_of_user_programs_are_not_followed(kernel: fake_crash.Kernel) -> None:
    assert description("struct task_struct *", 0x7FFF00001000) is None
    assert description("struct task_struct *", 0) is None
    assert description("long", AT) is None


def test_error_pointers(kernel: fake_crash.Kernel) -> None:
    assert description("struct task_struct *", (1 << 64) - 2) == "error -2"
    assert description("unsigned long", (1 << 64) - 2) is None


def test_texts(kernel: fake_crash.Kernel) -> None:
    kernel.write(AT, b"eth0\0\0\0\0")
    kernel.write(AT + 0x10, b"\xff\x01\0\0\0\0\0\0")
    kernel.write(AT + 0x100, b"a" * 200)
    assert description("char *", AT) == '"eth0"'
    assert description("char *", AT + 0x10) is None
    assert description("char *", AT + 0x100) == '"' + "a" * descriptions.MAX_TEXT + '"'
    assert description("char *", AT + 0x8000) is None


def test_functions(kernel: fake_crash.Kernel) -> None:
    assert description("int (*)(void *)", AT) == "vfs_read"
    assert description("int (*)(void *)", AT + 8) is None
