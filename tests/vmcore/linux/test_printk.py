# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's log, compared with crash's log and with drgn; the clocks, compared with the guest's record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.session import CrashSession

Inside = Callable[[str, str], Any]
PRINTK = "from pykdump.linux.printk import log_lines, log_records"


def test_the_lines_are_those_of_crashs_log(inside: Inside, crash_session: CrashSession) -> None:
    lines = inside(PRINTK, "list(log_lines())")
    theirs = crash_session.run("log").rstrip("\n").split("\n")
    assert len(lines) > 300
    # crash cuts the time stamp to microseconds. It indents the further lines of a record by its width.
    assert [text for _, text in lines] == [line[len("[    0.000000] ") :] for line in theirs]
    assert all(abs(float(line[1:13]) - seconds) < 2e-6 for (seconds, _), line in zip(lines, theirs) if line[0] == "[")


def test_the_records_are_those_of_drgn(inside: Inside, drgn_program: Any) -> None:
    from drgn.helpers.linux.printk import get_printk_records

    theirs = [
        [
            r.text.decode("utf-8", "backslashreplace"),
            r.facility,
            r.level,
            r.seq,
            r.timestamp,
            r.context.get(b"DEVICE", b"").decode(),
        ]
        for r in get_printk_records(drgn_program)
    ]
    ours = inside(PRINTK, "[[r.text, r.facility, r.level, r.seq, r.ts_nsec, r.device or ''] for r in log_records()]")
    assert len(theirs) > 300
    assert any(row[5] for row in theirs)
    assert ours == theirs
