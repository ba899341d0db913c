# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports in the kernel's log: texts as the kernel's sources print them."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux import log_events  # noqa: E402

TEXTS = [
    ("watchdog: BUG: soft lockup - CPU#3 stuck for 26s! [kworker/3:1:99]", "soft-lockup"),
    ("watchdog: Watchdog detected hard LOCKUP on cpu 1", "hard-lockup"),
    ("rcu: INFO: rcu_preempt self-detected stall on CPU", "rcu-stall"),
    ("rcu: INFO: rcu_sched detected stalls on CPUs/tasks:", "rcu-stall"),
    ("INFO: task jbd2/sda1-8:300 blocked for more than 120 seconds.", "hung-task-reported"),
    ("INFO: task dd:31 blocked in I/O wait for more than 120 seconds.", "hung-task-reported"),
    ("Out of memory: Killed process 812 (java) total-vm:9000kB, anon-rss:1kB", "oom-recent"),
    ("Memory cgroup out of memory: Killed process 5 (a) total-vm:1kB", "oom-recent"),
    ("swapper/0: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL)", "allocation-failure"),
    ("Oops: Oops: 0000 [#1] PREEMPT SMP NOPTI", "oops-reported"),
    ("kernel BUG at fs/inode.c:611!", "oops-reported"),
    ("WARNING: CPU: 0 PID: 1 at kernel/smp.c:815 smp_call_function_many_cond+0x4a0/0x4f0", "kernel-warning"),
    ("mce: [Hardware Error]: Machine check events logged", "hardware-error"),
    ("I/O error, dev sda, sector 2048 op 0x0:(READ) flags 0x0", "io-error"),
    ("critical medium error, dev sdb, sector 17 op 0x0:(READ)", "io-error"),
    ("Buffer I/O error on dev loop0, logical block 0, async page read", "io-error"),
    ("EXT4-fs error (device vda1): ext4_lookup:1855: inode #2: comm ls: deleted inode", "filesystem-error"),
    ("XFS (sdb1): Corruption detected. Unmount and run xfs_repair", "filesystem-error"),
    ("NETDEV WATCHDOG: eth0 (e1000): transmit queue 0 timed out 5000 ms", "transmit-timeout"),
    ("eth0: renamed from veth1", None),
    ("EXT4-fs (vda): mounted filesystem r/w with ordered data mode", None),
    ("Memory: 1000K/2000K available", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "identifier"), TEXTS)
def test_a_line_is_of_its_kind(text: str, identifier: str | None) -> None:
    event = log_events.event_of(text)
    assert (event.identifier if event else None) == identifier


def test_each_kind_is_tested() -> None:
    assert {event.identifier for event in log_events.EVENTS} == {identifier for _, identifier in TEXTS} - {None}


def test_lines_of_a_kind_are_counted_together() -> None:
    lines = [(1.0, TEXTS[0][0]), (2.0, TEXTS[6][0]), (3.5, TEXTS[0][0].replace("26s", "52s")), (4.0, "eth0: link up")]
    first, second = log_events.log_findings(lines)
    assert (first.event.identifier, first.count, first.first, first.last) == ("soft-lockup", 2, 1.0, 3.5)
    assert "52s" in first.text
    assert (second.event.identifier, second.count) == ("oom-recent", 1)
