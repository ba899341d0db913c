# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts can import every name of LinuxDump, by the old name of its module and by the new one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.session import CrashSession

Evaluate = Callable[[str], Any]
Program = Callable[..., str]

# {(old module, new module): names}
NAMES = {
    ("LinuxDump.Tasks", "pykdump.linux.tasks"):
        "TaskTable Task TASK_STATE getRunQueues decode_waitq jiffies2ms ms2uptime get_uptime tasksSummary "
        "decode_tflags print_namespaces_info print_pid_namespaces print_memory_stats task_state2str jiffie_clock_base "
        "get_task_mem_usage",
    ("LinuxDump.percpu", "pykdump.linux.percpu"):
        "get_cpu_var percpu_ptr is_percpu_symbol percpu_counter_sum get_cpu_var_type",
    ("LinuxDump.trees", "pykdump.linux.trees"):
        "for_all_rbtree rb_next rb_first walk_page_tree radix_tree_lookup_element for_all_xarray for_all_maple_tree",
    ("LinuxDump.idr", "pykdump.linux.idr"): "idr_for_each",
    ("LinuxDump.fs", "pykdump.linux.fs"): "get_dentry_name getMount IS_ROOT sb_frozen sb2Vfsmnt",
    ("LinuxDump.fs.dcache", "pykdump.linux.fs.dcache"): "pathname2dentry read_dir print_dentry ls_pathname",
    ("LinuxDump.inet", "pykdump.linux.inet"): "ntodots ntodots6 ntohs ntohl",
    ("LinuxDump.inet.proto", "pykdump.linux.inet.sockets"): "P_FAMILIES PROTONAMES IP_sock",
    ("LinuxDump.inet.netdevice", "pykdump.linux.inet.netdevice"): "dev_base_list",
    ("LinuxDump.netdevice", "pykdump.linux.inet.netdevice"): "dev_base_list",
    ("LinuxDump.KernLocks", "pykdump.linux.kernlocks"): "decode_mutex decode_semaphore decode_rwsemaphore",
    ("LinuxDump.BTstack", "pykdump.linux.btstack"): "exec_bt bt_mergestacks bt_summarize",
    ("LinuxDump.libmisc", "pykdump.legacy.misc_helpers"): "get_per_cpu val_to_units_string indent_str",
    ("LinuxDump.sysctl", "pykdump.linux.sysctl"): "getCtlTables getCtlData",
    ("LinuxDump.block", "pykdump.linux.block"):
        "get_all_request_queues get_gendisks decode_devt get_queue_requests",
    ("LinuxDump.crashcolor", "pykdump.legacy.terminal_colors"): "set_color RED RESET get_color",
    ("LinuxDump.crashhelper", "pykdump.legacy.command_text"): "run_crash_command run_gdb_command",
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), list(NAMES), ids=[old for old, _ in NAMES])
def test_a_module_under_both_names(crash_session: CrashSession, program: Program, old: str, new: str) -> None:
    names = NAMES[old, new].split()
    path = program(
        "from pykdump.API import *\n"
        f"import {old}, {new}\n"
        f"print(sys.modules[{old!r}] is sys.modules[{new!r}])\n"
        f"from {old} import {', '.join(names)}\n"
        f"for n in {names}:\n    del globals()[n]\n"
        f"from {new} import *\n"
        f"print([n for n in {names} if n not in globals()])\n"
    )
    assert crash_session.run(f"epython {path}") == "True\n[]\n"


def test_the_package_gives_the_api(evaluate: Evaluate, crash_session: CrashSession, program: Program) -> None:
    path = program("from LinuxDump import *\nprint(readSU is not None, sys_info.CPUS > 0, long(5))\n")
    assert crash_session.run(f"epython {path}") == "True True 5\n"


def test_modules_that_were_kept_beside_programs(crash_session: CrashSession, program: Program) -> None:
    path = program("import crashcolor, LinuxDump.crashcolor as c\nprint(crashcolor is c)\n")
    assert crash_session.run(f"epython {path}") == "True\n"
    path = program("import crashcolor\nprint(crashcolor.OWN)\n", "own/x.py")
    program("OWN = 'its own'\n", "own/crashcolor.py")
    assert crash_session.run(f"epython {path}") == "its own\n"


def test_per_cpu_pointers_keep_their_type(evaluate: Evaluate) -> None:
    header = "(lambda p: {})(__import__('LinuxDump.percpu').percpu)"
    pointer = "p.percpu_ptr(readSymbol('vm_committed_as').counters, 0)"
    assert evaluate(header.format(f"isinstance({pointer}, tPtr) and readS32({pointer}) == {pointer}.Deref"))
    struct = "readSU('struct task_struct', sym2addr('init_task'))"
    assert evaluate(header.format(f"p.percpu_ptr({struct}, 0).PYT_symbol")) == "struct task_struct"
    assert evaluate(header.format("p.get_cpu_var(sym2addr('runqueues')) == p.get_cpu_var('runqueues')"))
    assert evaluate(header.format("p.get_cpu_var_type('runqueues')")) == "struct rq"


def test_stacks_are_merged(crash_session: CrashSession, program: Program) -> None:
    path = program(
        "from pykdump.API import *\nfrom LinuxDump.BTstack import *\nfrom LinuxDump.Tasks import TaskTable\n"
        "stacks = exec_bt('foreach bt')\nbt_mergestacks(stacks, reverse=True, tt=TaskTable())\n"
        "print('@', len(stacks))\nbt_mergestacks(stacks, precise=True, count=20)\nprint('@')\nbt_summarize(stacks)\n"
    )
    merged, precise, summary = crash_session.run(f"epython {path}").split("@")
    counts = [int(line.split()[1]) for line in merged.splitlines() if line.startswith("-------")]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == int(precise.split()[0]) > 300
    assert "youngest" in merged
    assert "sleeper-" in merged
    assert all(int(line.split()[1]) >= 20 for line in precise.splitlines() if line.startswith("-------"))
    assert sum(int(line.split()[0]) for line in summary.splitlines() if line[:6].strip().isdigit()) == sum(counts)


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("from LinuxDump import Tasks\nprint(Tasks.getRunQueues()[0].Timestamp > 0)\n", "True\n"),
        ("import LinuxDump.Tasks\nt = readSymbol('init_task')\nprint(t.Uid, t.User == t.real_cred.user)\n",
         "0 True\n"),
        ("from LinuxDump.block import get_gendisks\nprint(hasattr(type(readSU('struct request', 0)), '_reqinfo_'))\n",
         "True\n"),
        ("from LinuxDump.fs.dcache import *\nprint(S_ISREG(0o100644), readSymbol('init_task').pid)\n", "True 0\n"),
        ("from LinuxDump import Dev, syscall, scsi, fregsapi\nimport LinuxDump.inet.summary\nprint(1)\n", "1\n"),
        ("from LinuxDump.inet import netfilter, routing\nprint(bool(netfilter.NF_HOOKS), routing.RTN.RTN_LOCAL)\n",
         "True 2\n"),
        ("from LinuxDump.Tasks import *\nprint(TASK_STATE.TASK_INTERRUPTIBLE, sys.byteorder)\n", "1 little\n"),
    ],
)  # fmt: skip
def test_names_that_programs_find(crash_session: CrashSession, program: Program, text: str, output: str) -> None:
    # A session in which no other program has made the attributes.
    crash_session.run("epython --reload -c 'pass'")
    assert crash_session.run(f"epython {program('from pykdump.API import *' + chr(10) + text)}") == output


def test_a_name_that_is_lacking_is_one_sentence(crash_session: CrashSession, program: Program) -> None:
    path = program("from LinuxDump.CpuFreq import print_cpufreq\nprint_cpufreq()\n")
    sentence = "This version of PyKdump lacks print_cpufreq of the old module LinuxDump.CpuFreq."
    assert crash_session.run(f"epython {path}") == f"epython: {path}, line 2: {sentence}\n"
