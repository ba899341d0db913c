# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports on file locks: names of flags and types."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.c_constants import dbits2str  # noqa: E402
from pykdump.legacy import file_lock_reports  # noqa: E402


class Lock(file_lock_reports.FileLock):
    """A lock whose values are given."""

    flags = 1 | 128  # type: ignore[assignment]
    type = 1  # type: ignore[assignment]
    pid = 7  # type: ignore[assignment]
    file = None  # type: ignore[assignment]
    inode = None  # type: ignore[assignment]


def test_a_lock_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    file_lock_reports.print_lock(Lock("<lock>"))  # type: ignore[arg-type]
    assert capsys.readouterr().out == f"<lock> FL_POSIX|FL_SLEEP F_WRLCK\n\tpid=7 inode=0x0\n{'-' * 30}\n"


@pytest.mark.parametrize(("flags", "text"), [(2, "FL_FLOCK"), (32 | 512, "FL_LEASE|FL_UNLOCK_PENDING")])
def test_names_of_flags(flags: int, text: str) -> None:
    assert dbits2str(flags, file_lock_reports.FL_flags) == text


def test_names_are_attributes_too() -> None:
    assert file_lock_reports.FL_types.F_WRLCK == 1
