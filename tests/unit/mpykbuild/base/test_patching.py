# SPDX-License-Identifier: GPL-3.0-or-later
"""A patch is applied if it fits exactly. Otherwise the error names the patch and the files that it does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpykbuild.base import patching
from mpykbuild.base.errors import BuildError

PATCH = "--- a/one.txt\n+++ b/one.txt\n@@ -1,3 +1,3 @@\n 1\n-2\n+two\n 3\n"


@pytest.fixture
def patch(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    (tmp_path / "x.patch").write_text(PATCH)
    return tmp_path / "x.patch"


def test_a_patch_is_applied_once(patch: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "one.txt").write_text("1\n2\n3\n")
    assert patching.fits(patch, tree)
    assert (tree / "one.txt").read_text() == "1\n2\n3\n"
    patching.apply_patch(patch, tree)
    assert (tree / "one.txt").read_text() == "1\ntwo\n3\n"
    assert not patching.fits(patch, tree)
    assert [path.name for path in tree.iterdir()] == ["one.txt"]


@pytest.mark.parametrize("content", ["1\n2\nother\n", "", None])
def test_a_patch_that_does_not_fit_changes_nothing(patch: Path, tmp_path: Path, content: str | None) -> None:
    tree = tmp_path / "tree"
    if content is not None:
        (tree / "one.txt").write_text(content)
    before = list(tree.iterdir())
    with pytest.raises(BuildError, match=r"x\.patch does not apply to one\.txt in "):
        patching.apply_patch(patch, tree)
    assert list(tree.iterdir()) == before


def test_files_that_it_changes(patch: Path) -> None:
    assert patching.changed_files(patch) == ["one.txt"]
