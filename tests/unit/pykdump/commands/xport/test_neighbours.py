# SPDX-License-Identifier: GPL-3.0-or-later
"""Full tables of neighbours are found."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands.xport import neighbours  # noqa: E402
from pykdump.linux.inet.routing import neighbours as tables  # noqa: E402


class Table(SimpleNamespace):
    def __int__(self) -> int:
        return 0x99


def test_full_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = SimpleNamespace(counter=1024)
    made = [
        Table(id="arp_cache", entries=counter, gc_thresh3=1024),
        Table(id="ndisc_cache", entries=counter, gc_thresh3=9999),
    ]
    monkeypatch.setattr(tables, "neighbour_tables", lambda: made)
    monkeypatch.setattr(tables, "is_full", lambda table: table.gc_thresh3 == 1024)
    (finding,) = neighbours.full_tables()
    assert (finding.identifier, finding.addresses) == ("neighbour-table-full", (0x99,))
    assert finding.message == "The table arp_cache has 1024 entries, its limit is 1024."
