# SPDX-License-Identifier: GPL-3.0-or-later
"""`audit crash=PROGRAM mpykdump=FILE` builds nothing; its status is 0 when the file works in that crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpykbuild.targets import reproduce
from support.elfpatch import patched
from support.session import Variant


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, because another SCons may be running in ours."""
    return reproduce.copy_project(tmp_path_factory.mktemp("audit"))


def audit(copy: Path, crash: Path, extension: Path) -> tuple[int, str]:
    done = reproduce.run_scons(copy, ["-Q", "audit", f"crash={crash}", f"mpykdump={extension}"])
    assert "Traceback" not in done.output
    assert not list((copy / "build").glob("**/*.so"))
    return done.status, done.output


def test_crash_that_has_everything(copy: Path, variant: Variant) -> None:
    status, output = audit(copy, variant.crash, variant.extension)
    assert status == 0
    assert "  there     readmem " in output
    assert "lost here: nothing\nverdict: it loads" in output


def test_missing_function_with_a_fallback(copy: Path, variant: Variant, tmp_path: Path) -> None:
    crash = patched(variant.crash, tmp_path / "crash", without="get_pathname")
    status, output = audit(copy, crash, variant.extension)
    assert status == 0
    assert "  replaced  get_pathname " in output
    assert "lost here: crash.get_pathname()\nverdict: it loads" in output


def test_missing_function_that_is_required(copy: Path, variant: Variant, tmp_path: Path) -> None:
    crash = patched(variant.crash, tmp_path / "crash", without="readmem")
    status, output = audit(copy, crash, variant.extension)
    assert status == 1
    assert "  MISSING   readmem " in output
    assert "verdict: refused: readmem is missing\n" in output


def test_other_kinds_of_files_are_refused(copy: Path, variant: Variant, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("x")
    for crash, extension, message in (
        (variant.extension, variant.extension, "not a crash program"),
        (variant.crash, variant.crash, "does not say what it needs"),
        (variant.crash, tmp_path / "text", "cannot be read as an ELF file"),
        (variant.crash, tmp_path / "absent", "No such file"),
    ):
        status, output = audit(copy, crash, extension)
        assert status == 2
        assert message in output
