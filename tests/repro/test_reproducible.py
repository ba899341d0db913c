# SPDX-License-Identifier: GPL-3.0-or-later
"""The same sources give the same bytes in another folder and with another umask, TZ and LC_ALL."""

from __future__ import annotations

import zipfile
from pathlib import Path

from mpykbuild.base.cache import file_digest
from support.projectcopy import ProjectCopy


def test_extension_has_the_same_bytes(built_copy: ProjectCopy) -> None:
    built_copy.rebuild()
    assert file_digest(built_copy.extension) == file_digest(built_copy.variant.extension)


def test_bundle_has_the_same_bytes(built_copy: ProjectCopy) -> None:
    built_copy.rebuild()
    (copied,) = (built_copy.root / "build").glob("cp*/bundle.zip")
    original = built_copy.variant.extension.parents[1] / copied.parent.name / "bundle.zip"
    assert file_digest(copied) == file_digest(original)


def test_extension_contains_no_path_of_the_machine(built_copy: ProjectCopy) -> None:
    data = built_copy.extension.read_bytes()
    for place in (built_copy.root, Path.home() / ".cache", built_copy.variant.extension.parents[2]):
        assert str(place).encode() not in data


def test_bundle_has_fixed_times_and_order(built_copy: ProjectCopy) -> None:
    with zipfile.ZipFile(built_copy.extension) as archive:
        rows = archive.infolist()
    assert [row.filename for row in rows] == sorted(row.filename for row in rows)
    assert {row.date_time for row in rows} == {(1980, 1, 1, 0, 0, 0)}
    assert {row.external_attr >> 16 for row in rows} == {0o100644}
