# SPDX-License-Identifier: GPL-3.0-or-later
"""`audit crash=PROGRAM mpykdump=FILE`: nothing is built, and the status says whether the file can be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpykbuild.targets import reproduce
from support.elfpatch import patched
from support.session import Variant


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project in a folder of its own: another SCons may be at work in ours."""
    return reproduce.copy_project(tmp_path_factory.mktemp("audit"))


def audit(copy: Path, crash: Path, extension: Path) -> tuple[int, str]:
    done = reproduce.run_scons(copy, ["-Q", "audit", f"crash={crash}", f"mpykdump={extension}"])
    assert "Traceback" not in done.stdout
    assert not list((copy / "build").glob("**/*.so"))
    return done.returncode, done.stdout


def test_crash_that_has_all(copy: Path, variant: Variant) -> None:
    status, shown = audit(copy, variant.crash, variant.extension)
    assert status == 0
    assert "  there     readmem " in shown
    assert "lost here: nothing\nverdict: it loads\n" in shown


def test_function_with_a_fallback(copy: Path, variant: Variant, tmp_path: Path) -> None:
    crash = patched(variant.crash, tmp_path / "crash", without="get_pathname")
    status, shown = audit(copy, crash, variant.extension)
    assert status == 0
    assert "  replaced  get_pathname " in shown
    assert "lost here: crash.get_pathname()\nverdict: it loads\n" in shown


def test_required_function(copy: Path, variant: Variant, tmp_path: Path) -> None:
    crash = patched(variant.crash, tmp_path / "crash", without="readmem")
    status, shown = audit(copy, crash, variant.extension)
    assert status == 1
    assert "  MISSING   readmem " in shown
    assert "verdict: refused: readmem is missing\n" in shown


def test_files_of_another_kind(copy: Path, variant: Variant, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("x")
    for crash, extension, told in (
        (variant.extension, variant.extension, "not a crash program"),
        (variant.crash, variant.crash, "does not say what it needs"),
        (variant.crash, tmp_path / "text", "cannot be read as an ELF file"),
        (variant.crash, tmp_path / "absent", "No such file"),
    ):
        status, shown = audit(copy, crash, extension)
        assert status == 2
        assert told in shown
