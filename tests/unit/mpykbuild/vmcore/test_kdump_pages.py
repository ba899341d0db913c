# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of small dumps that are made by hand, and copies that lack some of them."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.vmcore import kdump
from mpykbuild.vmcore.kdump_pages import KdumpPages
from support.guest.kdump_blob import PAGE, write_dump

CONTENT = {frame: bytes([frame]) * PAGE for frame in (1, 2, 7, 8, 30)}
INFO = {"OSRELEASE": "6.12.1-test"}


def test_each_page_has_its_content(tmp_path: Path) -> None:
    with KdumpPages(write_dump(tmp_path / "vmcore", CONTENT, INFO)) as pages:
        assert {frame: pages.page(frame) for frame in pages.descriptors} == CONTENT


def test_a_page_that_is_not_in_the_dump(tmp_path: Path) -> None:
    with KdumpPages(write_dump(tmp_path / "vmcore", CONTENT, INFO)) as pages, pytest.raises(BuildError, match="0x3"):
        pages.page(3)


def test_a_copy_lacks_pages_and_says_so(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    with KdumpPages(write_dump(tmp_path / "vmcore", CONTENT, INFO)) as pages:
        assert pages.write_without(copy, lambda frame: frame in (2, 30), 31) == 2
    with KdumpPages(copy) as pages:
        assert {frame: pages.page(frame) for frame in pages.descriptors} == {n: CONTENT[n] for n in (1, 7, 8)}
    assert kdump.vmcoreinfo(copy) == INFO
    assert struct.unpack_from("<i", copy.read_bytes(), PAGE + 8) == (31,)
    assert copy.stat().st_size < (tmp_path / "vmcore").stat().st_size


def test_the_bitmap_of_existing_pages_stays(tmp_path: Path) -> None:
    """A reader tells a page that was left out from one that never existed by the first bitmap."""
    dump, copy = write_dump(tmp_path / "vmcore", CONTENT, INFO), tmp_path / "copy"
    with KdumpPages(dump) as pages:
        pages.write_without(copy, lambda frame: True, 31)
    assert copy.read_bytes()[2 * PAGE : 3 * PAGE] == dump.read_bytes()[2 * PAGE : 3 * PAGE]
    assert not any(copy.read_bytes()[3 * PAGE : 4 * PAGE])
