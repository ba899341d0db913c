# SPDX-License-Identifier: GPL-3.0-or-later
"""Records as JSON objects: names of kinds, addresses, records inside records."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.command_layer import records  # noqa: E402
from pykdump.command_layer.records import item  # noqa: E402


@dataclass
class Frame:
    """One function on a stack."""

    at: int = item("its address", unit="address")


@dataclass
class RequestQueue:
    """A queue."""

    name: str = item("its name")
    queue: int | None = item("struct request_queue *", unit="address")
    frames: tuple[Frame, ...] = item("a stack", default=())
    waiters: tuple[int, ...] = item("tasks", unit="address", default=())


@pytest.mark.parametrize(("kind", "name"), [(Frame, "frame"), (RequestQueue, "request-queue")])
def test_the_kind_is_named_like_the_type(kind: type, name: str) -> None:
    assert records.kind_of(kind) == name


def test_a_record_becomes_a_dictionary() -> None:
    queue = RequestQueue("sda", None, (Frame(0xFF), Frame(1)), (2, 3))
    assert records.converter(RequestQueue)(queue) == {
        "name": "sda", "queue": None, "frames": [{"at": "0xff"}, {"at": "0x1"}], "waiters": ["0x2", "0x3"],
    }  # fmt: skip
