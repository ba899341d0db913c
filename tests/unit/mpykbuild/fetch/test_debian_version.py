# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of Debian's versions, compared with a fixed list, and with dpkg if it is installed."""

from __future__ import annotations

import itertools
import shutil
import subprocess

import pytest

from mpykbuild.fetch.debian_version import DebianVersion

ASCENDING = [
    "1.0~rc1-1", "1.0-1~bpo12+1", "1.0-1", "1.0-1+b1", "1.0-2", "1.0a-1", "1.0+dfsg-1", "1.0.1-1",
    "6.12.95-1~bpo12+1", "6.12.95-1", "6.12.117-1", "9.0.2+~16.3-1", "1:0.1-1",
]  # fmt: skip


def test_order() -> None:
    assert sorted(sorted(ASCENDING), key=DebianVersion) == ASCENDING


@pytest.mark.skipif(not shutil.which("dpkg"), reason="there is no dpkg to compare with")
def test_dpkg_agrees() -> None:
    for older, newer in itertools.pairwise(ASCENDING):
        assert subprocess.run(["dpkg", "--compare-versions", older, "lt", newer]).returncode == 0
