# SPDX-License-Identifier: GPL-3.0-or-later
"""The same sources, built in another folder under another umask, TZ and LC_ALL, give the same bytes."""

from __future__ import annotations

import zipfile
from pathlib import Path

from mpykbuild.base.cache import file_digest
from support.projectcopy import ProjectCopy


def test_extension_is_the_same_to_the_bit(built_copy: ProjectCopy) -> None:
    built_copy.rebuild()
    assert file_digest(built_copy.extension) == file_digest(built_copy.variant.extension)


def test_bundle_is_the_same_to_the_bit(built_copy: ProjectCopy) -> None:
    built_copy.rebuild()
    (theirs,) = (built_copy.root / "build").glob("cp*/bundle.zip")
    ours = built_copy.variant.extension.parents[1] / theirs.parent.name / "bundle.zip"
    assert file_digest(theirs) == file_digest(ours)


def test_no_path_of_the_machine_inside(built_copy: ProjectCopy) -> None:
    data = built_copy.extension.read_bytes()
    for place in (built_copy.root, Path.home() / ".cache", built_copy.variant.extension.parents[2]):
        assert str(place).encode() not in data


def test_bundle_has_fixed_times_and_order(built_copy: ProjectCopy) -> None:
    with zipfile.ZipFile(built_copy.extension) as archive:
        rows = archive.infolist()
    assert [row.filename for row in rows] == sorted(row.filename for row in rows)
    assert {row.date_time for row in rows} == {(1980, 1, 1, 0, 0, 0)}
    assert {row.external_attr >> 16 for row in rows} == {0o100644}
