# SPDX-License-Identifier: GPL-3.0-or-later
"""VSOCK sockets: two tables, and none without the module."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet import vsock  # noqa: E402


def test_a_socket_in_both_tables_comes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        vsock, "sym2addr", lambda name: {"vsock_bind_table": 0x1000, "vsock_connected_table": 0x9000}[name]
    )
    lists = {0x1000: [1, 2], 0x1000 + 251 * 16: [3], 0x9000 + 16: [2, 4]}
    monkeypatch.setattr(vsock, "readSUListFromHead", lambda head, member, struct, maxel: lists.get(head, []))
    monkeypatch.setattr(vsock, "VsockSocket", lambda address: address)
    assert list(vsock.vsock()) == [1, 2, 3, 4]


def test_without_the_module_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vsock, "sym2addr", lambda name: 0)
    assert list(vsock.vsock()) == []
