# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of scenarios, and the guest's table of endings."""

from __future__ import annotations

import re

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.vmcore import rootfs, scenarios
from mpykbuild.vmcore.scenarios import SCENARIOS


def test_the_guest_knows_every_ending() -> None:
    text = (rootfs.GUEST / "ending.c").read_text()
    known = set(re.findall(r'^    \{"([^"]+)", ', text, re.M))
    assert known == {row.ending for row in SCENARIOS.values() if row.ending}
    assert f'#define WORD "{scenarios.ENDING}="' in text


def test_a_guest_that_panics_does_not_reboot() -> None:
    arguments = SCENARIOS["nullderef"].arguments.split()
    assert {"panic=0", "oops=panic", "mpyk.ending=null-dereference"} <= set(arguments)
    assert SCENARIOS["live"].arguments == ""


def test_a_filtered_dump_has_a_base_that_is_booted() -> None:
    for row in SCENARIOS.values():
        assert not row.base or (not row.ending and not SCENARIOS[row.base].base)


def test_an_unknown_scenario_is_a_build_error() -> None:
    with pytest.raises(BuildError, match="scenario=oom is not one of live, sysrq, nullderef, filtered, scale"):
        scenarios.scenario("oom")


def test_the_guest_knows_the_word_for_the_large_one() -> None:
    assert SCENARIOS["scale"].arguments == scenarios.SCALE_WORD
    assert f'#define WORD "{scenarios.SCALE_WORD}"' in (rootfs.GUEST / "scale.c").read_text()


def test_each_file_of_the_large_guest_is_one_of_the_default_guest() -> None:
    few, all_files = ((rootfs.GUEST / name).read_text().split() for name in ("truth_scale_files", "truth_files"))
    assert set(few) < set(all_files)
    assert {"/proc/sys/kernel/osrelease", "/proc/uptime", "/proc/net/sockstat"} <= set(few)
