# SPDX-License-Identifier: GPL-3.0-or-later
"""Helpers of programs on the real dump."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Inside = Callable[[str, str], Any]


def test_per_cpu_access(inside: Inside) -> None:
    module = "from LinuxDump.libmisc import *\nfrom LinuxDump.percpu import get_cpu_var\nall_cpus = get_per_cpu()"
    found = inside(
        module,
        "[all_cpus.count, [all_cpus.per_cpu_ptr(c, sym2addr('runqueues')) for c in range(all_cpus.count)],"
        " get_cpu_var('runqueues'), [all_cpus.per_cpu_struct(c, sym2addr('runqueues'), 'rq').cpu for c in (0, 1)],"
        " all_cpus.sum_values(sym2addr('runqueues') + member_offset('struct rq', 'nr_switches')),"
        " sum(readSU('struct rq', a).nr_switches for a in get_cpu_var('runqueues')),"
        " get_enum_string(1, 'pid_type'), get_enum_tag_value('PIDTYPE_SID', 'enum pid_type')]",
    )
    assert found[0] == len(found[1]) > 1
    assert found[1] == found[2]
    assert found[3] == [0, 1]
    assert found[4] == found[5] > 1000
    assert found[6:] == ["PIDTYPE_TGID", 3]


def test_commands_with_files(inside: Inside) -> None:
    module = "from LinuxDump.crashhelper import *\nfrom LinuxDump.crashcolor import *"
    found = inside(module, "[run_crash_command('sym jiffies'), run_crash_command_with_file('!cat', 'text'), RED, BOLD]")
    assert " jiffies" in found[0]
    assert found[1:] == ["text", 2, 0x100]
