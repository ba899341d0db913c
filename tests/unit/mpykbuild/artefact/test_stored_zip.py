# SPDX-License-Identifier: GPL-3.0-or-later
"""Python's zipfile reads the ZIP files that we write."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpykbuild.artefact import stored_zip
from mpykbuild.base.errors import BuildError

NAMES = st.text(alphabet="abcXYZ_./0", min_size=1, max_size=30).filter(lambda name: not name.startswith("/"))


@given(st.dictionaries(NAMES, st.binary(max_size=200), max_size=8))
def test_entries_are_sorted_and_stored_unchanged(entries: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(stored_zip.pack_zip(entries))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(entries)
        for row in archive.infolist():
            assert archive.read(row) == entries[row.filename]
            assert row.compress_type == zipfile.ZIP_STORED
            assert row.date_time == (1980, 1, 1, 0, 0, 0)
            assert row.external_attr >> 16 == 0o100644


def test_order_of_the_entries_does_not_matter() -> None:
    assert stored_zip.pack_zip({"a": b"1", "b": b"2"}) == stored_zip.pack_zip({"b": b"2", "a": b"1"})


def test_a_name_outside_of_ascii_is_refused() -> None:
    with pytest.raises(BuildError, match="not ASCII"):
        stored_zip.pack_zip({"ä.py": b""})
