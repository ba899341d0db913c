# SPDX-License-Identifier: GPL-3.0-or-later
"""sysctl: names, directories and regular expressions."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands import sysctl  # noqa: E402


@pytest.mark.parametrize(
    ("text", "name", "matches"),
    [
        ("vm.swappiness", "vm.swappiness", True),
        ("vm", "vm.swappiness", True),
        ("net/ipv4", "net.ipv4.ip_forward", True),
        ("vm", "vmx.value", False),
        ("swappiness", "vm.swappiness", False),
        (".*swap.*", "vm.swappiness", True),
        ("net|vm", "vm.swappiness", True),
    ],
)
def test_names(text: str, name: str, matches: bool) -> None:
    assert bool(sysctl._pattern(text).fullmatch(name)) == matches


def test_lines() -> None:
    assert list(sysctl._line(sysctl.Variable("a.b", "1\t2", "proc_dointvec", 0))) == ["a.b = 1\t2"]
    assert list(sysctl._line(sysctl.Variable("a.c", None, "special", 0))) == ["a.c = ?"]
