# SPDX-License-Identifier: GPL-3.0-or-later
"""Patches apply exactly. Otherwise one error names the patch and the file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import MANIFESTS, PATCHES
from mpykbuild.python import manifest, patches
from support.fakepython import MINOR, make_patches, write

GOOD = "--- a/Lib/os.py\n+++ b/Lib/os.py\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n"
needs_patch = pytest.mark.skipif(shutil.which("patch") is None, reason="needs patch")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write(tmp_path / "tree", {"Lib/os.py": "one\ntwo\nthree\n"})
    return tmp_path / "tree"


def apply(root: Path, tree: Path) -> None:
    patches.apply_series(root / MINOR, tree)


@needs_patch
def test_a_patch_is_applied(tmp_path: Path, tree: Path) -> None:
    apply(make_patches(tmp_path, GOOD), tree)
    assert (tree / "Lib" / "os.py").read_text() == "one\nTWO\nthree\n"
    assert [path.name for path in (tree / "Lib").iterdir()] == ["os.py"]


@needs_patch
@pytest.mark.parametrize("content", ["one\n2\nthree\n", "ONE\ntwo\nthree\n", "one\nTWO\nthree\n", None])
def test_no_fuzz_and_the_error_names_patch_and_file(tmp_path: Path, tree: Path, content: str | None) -> None:
    target = tree / "Lib" / "os.py"
    target.unlink()
    if content is not None:
        target.write_text(content)
    with pytest.raises(BuildError, match=r"only\.patch does not apply to Lib/os\.py in ") as caught:
        apply(make_patches(tmp_path, GOOD), tree)
    assert "refresh the patch" in caught.value.next_step


def test_series_headers_and_files_must_agree(tmp_path: Path) -> None:
    folder = make_patches(tmp_path, GOOD) / MINOR
    write(folder, {"series": "only.patch\nlost.patch\nbare.patch\n", "bare.patch": GOOD, "stray.patch": GOOD})
    with pytest.raises(BuildError) as caught:
        patches.series(folder)
    assert "lost.patch is named in the series, but is not there" in caught.value.what
    assert "bare.patch does not begin with the headers Why:, Upstream:, Drop:" in caught.value.what
    assert "stray.patch is not named" in caught.value.what


def test_order_and_content_change_the_inputs(tmp_path: Path) -> None:
    folder = make_patches(tmp_path, GOOD) / MINOR
    before = patches.patch_inputs(folder)
    write(folder, {"second.patch": (folder / "only.patch").read_text(), "series": "only.patch\nsecond.patch\n"})
    after = patches.patch_inputs(folder)
    write(folder, {"series": "second.patch\nonly.patch\n"})
    assert len({str(before), str(after), str(patches.patch_inputs(folder))}) == 3
    assert patches.series(tmp_path / "nowhere") == []


@pytest.mark.parametrize("minor", manifest.known_minors(MANIFESTS))
def test_our_own_patches_have_no_mistakes(minor: str) -> None:
    assert patches.series(PATCHES / minor)
