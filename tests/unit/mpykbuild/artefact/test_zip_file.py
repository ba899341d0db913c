# SPDX-License-Identifier: GPL-3.0-or-later
"""Python's zipfile reads the ZIP files that we write."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpykbuild.artefact import zip_file
from mpykbuild.base.errors import BuildError
from mpykbuild.python.inside import deflate_worker

NAMES = st.text(alphabet="abcXYZ_./0", min_size=1, max_size=30).filter(lambda name: not name.startswith("/"))


@given(st.dictionaries(NAMES, st.binary(max_size=200), max_size=8))
def test_entries_are_sorted_and_stored_unchanged(entries: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(zip_file.pack_zip(entries, {}))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(entries)
        for row in archive.infolist():
            assert archive.read(row) == entries[row.filename]
            assert row.compress_type == zipfile.ZIP_STORED
            assert row.date_time == (1980, 1, 1, 0, 0, 0)
            assert row.external_attr >> 16 == 0o100644


def test_compressed_entries_are_read_as_they_were() -> None:
    entries = {"a": b"text " * 50, "b": b"x"}
    with zipfile.ZipFile(
        io.BytesIO(zip_file.pack_zip(entries, {"a": deflate_worker.deflated(entries["a"])}))
    ) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == entries
        assert [row.compress_type for row in archive.infolist()] == [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED]


def test_order_of_the_entries_does_not_matter() -> None:
    assert zip_file.pack_zip({"a": b"1", "b": b"2"}, {}) == zip_file.pack_zip({"b": b"2", "a": b"1"}, {})


def test_a_name_outside_of_ascii_is_refused() -> None:
    with pytest.raises(BuildError, match="not ASCII"):
        zip_file.pack_zip({"ä.py": b""}, {})
