# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of numbers and bits."""

from __future__ import annotations

from support import fake_crash

fake_crash.install()

from pykdump.linux.inet.routing import names  # noqa: E402


def test_a_number_without_a_name_is_shown_as_it_is() -> None:
    assert [names.named(names.TABLES, n) for n in (254, 255, 100)] == ["main", "local", "100"]


def test_bits_have_names() -> None:
    assert names.flag_names(names.NEXTHOP_FLAGS, 4 | 16 | 1 << 20) == ("onlink", "linkdown")
