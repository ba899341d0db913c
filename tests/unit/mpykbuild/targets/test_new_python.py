# SPDX-License-Identifier: GPL-3.0-or-later
"""`./sconsw new-python` without a build: what it refuses, writes and reports."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.plan import options
from mpykbuild.plan.settings import Settings
from mpykbuild.python import manifest
from mpykbuild.python.derive_manifest import Derived
from mpykbuild.targets import new_python
from mpykbuild.targets.new_python import Release
from support.fakepython import MINOR, later_minor, make_manifests, make_patches, make_source

NEXT = later_minor(1)

PATCH = '--- a/core.c\n+++ b/core.c\n@@ -1 +1 @@\n-{old}\n+const char *core(void) {{ return "patched"; }}\n'
APPLIES = PATCH.format(old='const char *core(void) { return "core " __FILE__; }')


def make_release(root: Path) -> Release:
    source = make_source(root / "src")
    return Release(str(source), f"{NEXT}.1", source)


def settings(root: Path) -> Settings:
    return Settings(options.checked_values({"cache": str(root / "cache")}), root)


def test_manifest_and_patches_are_written(tmp_path: Path) -> None:
    manifests, patch_root = make_manifests(tmp_path / "m"), make_patches(tmp_path / "p", APPLIES)
    new_python.describe_release(make_release(tmp_path), manifests, patch_root)
    made = manifest.load_manifest(manifests, NEXT)
    assert f"derived by new-python from {MINOR}" in manifest.why_unverified(made.folder)
    assert "only.patch" in (patch_root / NEXT / "series").read_text()
    assert (patch_root / NEXT / "only.patch").read_text() == (patch_root / MINOR / "only.patch").read_text()


def test_patch_that_does_not_apply_becomes_a_question(tmp_path: Path) -> None:
    manifests, patch_root = make_manifests(tmp_path / "m"), make_patches(tmp_path / "p", PATCH.format(old="int other;"))
    release = make_release(tmp_path)
    result = new_python.describe_release(release, manifests, patch_root)
    assert not (patch_root / NEXT / "only.patch").exists()
    assert f"the patch only.patch of {MINOR} does not apply" in new_python.remaining_work(release, result, 0)


def test_new_interpreter_finds_imports_that_the_old_one_missed(tmp_path: Path) -> None:
    manifests, patch_root = make_manifests(tmp_path / "m"), make_patches(tmp_path / "p")
    release = make_release(tmp_path)
    # The running Python cannot parse this file, so its imports are found only with the new interpreter.
    (release.source / "Lib" / "abc.py").write_text("this is not yet Python\n")
    result = new_python.describe_release(release, manifests, patch_root)
    (release.source / "Lib" / "abc.py").write_text("import fresh\nfrom json import decoder\n")
    (release.source / "Lib" / "fresh.py").write_text("")
    new_python.refine_with_interpreter(release, result, manifests, Path(sys.executable))
    assert "fresh" in manifest.load_manifest(manifests, NEXT).stdlib.whole
    assert "stdlib fresh: listed" in new_python.differences_report(release, result)


def test_remaining_work_names_failed_tests(tmp_path: Path) -> None:
    release = Release("word", f"{NEXT}.1", tmp_path)
    text = new_python.remaining_work(release, Derived(MINOR, questions=["the C module _x is left out"]), 2)
    assert "decide: the C module _x is left out" in text
    assert "status 2" in text
    assert f"stdlib_manifests/{NEXT}/" in text


def test_wrong_words_are_refused(tmp_path: Path) -> None:
    values = options.checked_values({"cache": str(tmp_path / "cache")})
    with pytest.raises(BuildError, match="takes one release"):
        new_python.main([], values, tmp_path)
    with pytest.raises(BuildError, match="no such folder or file"):
        new_python.main(["absent"], values, tmp_path)
    make_source(tmp_path / "src")
    with pytest.raises(BuildError, match=f"{MINOR} has a manifest already"):
        new_python.main([str(tmp_path / "src")], values, tmp_path)


def test_source_tree_is_copied_into_the_cache(tmp_path: Path) -> None:
    source = make_source(tmp_path / "src")
    release = new_python.unpack_release(str(source), settings(tmp_path))
    assert release.minor == MINOR
    assert (release.source / "Lib" / "os.py").is_file()
    assert tmp_path / "cache" in release.source.parents
