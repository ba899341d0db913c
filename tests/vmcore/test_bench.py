# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark does the same on both sides. One round of each runs, and its times do not matter."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from bench import report, rounds
from support.session import Variant, Vmcore


@pytest.mark.long
def test_both_sides_read_the_same_and_measure_every_row(variant: Variant, vmcore: Vmcore, tmp_path: Path) -> None:
    if json.loads((vmcore.truth / "meta.json").read_text())["utsname"]["machine"] != "x86_64":
        pytest.skip("the benchmark finds the memory map where x86_64 has it")
    where = (variant.crash, variant.extension, vmcore.vmlinux, vmcore.vmcore, Path(sys.executable), tmp_path)
    subject = rounds.Subject(*where)
    ours, peer = rounds.our_round(subject, 0), rounds.peer_round(subject, 0)
    report.check_agreement([ours], [peer])
    common = report.common_structs([ours, peer], 200)
    assert len(common) == 200
    lines = report.lines([report.with_layouts(ours, common)], [report.with_layouts(peer, common)])
    assert all(figure > 0 for line in lines for figure in (*line.ours, *line.peer))
