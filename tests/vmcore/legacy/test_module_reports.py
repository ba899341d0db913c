# SPDX-License-Identifier: GPL-3.0-or-later
"""lsmod of old programs on the real dump, compared with lsmod of the guest."""

from __future__ import annotations

import pytest

from support.session import CrashSession
from support.truth import Truth


def test_lsmod_equals_the_guests(crash_session: CrashSession, truth: Truth) -> None:
    path = truth.folder / "tools/lsmod"
    if not path.is_file():
        pytest.skip("the guest has no lsmod")
    output = crash_session.run("epython -c 'from LinuxDump.dlkm import lsmod; lsmod()'")
    # lsmod lists the users in the order of a folder of /sys, we in that of /proc/modules.
    assert list(map(words, output.splitlines())) == list(map(words, path.read_text().splitlines()))


def words(line: str) -> tuple[list[str], set[str]]:
    *found, users = line.split(None, 3) + [""] * (4 - len(line.split(None, 3)))
    return found, set(users.split(","))
