# SPDX-License-Identifier: GPL-3.0-or-later
"""Block devices under old names: text of drivers and of long lists."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.legacy import block_reports  # noqa: E402


def test_a_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_crash.install().symbols["lo_fops"] = 0x100
    driver = block_reports.BlkDev(7, "loop", 0x100, [(3, 0), (1, 0)])  # type: ignore[list-item]
    assert driver.minors == [1, 3]
    assert str(driver) == "   7  loop          100  <lo_fops>"
    assert driver.shortstr() == "driver=loop, bdops=<lo_fops>"


def test_a_list_breaks_at_commas() -> None:
    assert block_reports.list_fill("alpha,beta,gamma,delta", 12) == "alpha,beta,\ngamma,delta"
    assert block_reports.stripStructName("<struct gendisk 0x1000>") == "<gendisk 0x1000>"


def test_a_queue_needs_a_disk() -> None:
    with pytest.raises(fake_crash.CrashError, match="neither a gendisk nor a block device"):
        block_reports.get_requestqueue(None, None)
