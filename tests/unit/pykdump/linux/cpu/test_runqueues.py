# SPDX-License-Identifier: GPL-3.0-or-later
"""Run queues: tasks of groups, delayed tasks, and times."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.cpu import runqueues  # noqa: E402

RQ, CURRENT, OTHER, GROUP, GROUP_RQ = 0x1000, 0x10000, 0x11000, 0x12000, 0x13000


def make_kernel() -> fake_crash.Kernel:
    """A CPU that runs CURRENT; OTHER waits in the same group of tasks."""
    kernel = fake_crash.install()
    kernel.define(
        "struct rb_node", __rb_parent_color="u64", rb_right="ptr struct rb_node", rb_left="ptr struct rb_node"
    )
    kernel.define("struct rb_root", rb_node="ptr struct rb_node")
    kernel.define("struct rb_root_cached", rb_root="struct rb_root", rb_leftmost="ptr struct rb_node")
    kernel.sizes["struct cfs_rq"] = 0
    kernel.layouts["struct cfs_rq"] = {}
    kernel.define(
        "struct sched_entity", run_node="struct rb_node", my_q="ptr struct cfs_rq", sched_delayed="u8", pad="u32"
    )
    kernel.define("struct cfs_rq", tasks_timeline="struct rb_root_cached", curr="ptr struct sched_entity")
    kernel.define("struct sched_info", last_arrival="u64", last_queued="u64")
    kernel.define("struct task_struct", pid="s32", se="struct sched_entity", sched_info="struct sched_info",
                  sched_class="ptr")  # fmt: skip
    kernel.define("struct rq", curr="ptr struct task_struct", clock="u64", cfs="struct cfs_rq")
    offset = kernel.find("struct task_struct", "se.run_node")[0]
    kernel.make("struct task_struct", CURRENT, pid=1, sched_info_DOT_last_arrival=400)
    kernel.make("struct task_struct", OTHER, pid=2, se_DOT_sched_delayed=1, sched_info_DOT_last_queued=100)
    kernel.make("struct sched_entity", GROUP, my_q=GROUP_RQ)
    kernel.make("struct cfs_rq", GROUP_RQ, curr=0, tasks_timeline_DOT_rb_root_DOT_rb_node=OTHER + offset)
    # The group runs, so it is not in the tree of the CPU.
    kernel.make("struct rq", RQ, curr=CURRENT, clock=1000, cfs_DOT_curr=GROUP)
    return kernel


def test_a_task_of_the_group_that_runs() -> None:
    rq = make_kernel().view("struct rq", RQ)
    found = list(runqueues.fair_tasks(rq))
    assert [task.pid for task in found] == [2]
    assert runqueues.is_delayed(found[0])
    assert not runqueues.is_delayed(rq.curr)


def test_times() -> None:
    rq = make_kernel().view("struct rq", RQ)
    (other,) = runqueues.fair_tasks(rq)
    assert runqueues.waits_ns(rq, other) == 900
    assert runqueues.runs_ns(rq) == 600
    assert runqueues.waits_ns(rq, rq.curr) is None, "it is not queued"


def test_a_kernel_that_notes_no_times() -> None:
    kernel = fake_crash.install()
    kernel.define("struct task_struct", pid="s32")
    kernel.define("struct rq", curr="ptr struct task_struct", clock="u64")
    task = kernel.make("struct task_struct", CURRENT, pid=1)
    rq = kernel.make("struct rq", RQ, curr=CURRENT, clock=5)
    assert runqueues.waits_ns(rq, task) is None
    assert runqueues.runs_ns(rq) is None
    assert list(runqueues.ext_tasks(rq)) == []


@pytest.mark.parametrize(("symbol", "name"), [("fair_sched_class", "fair"), ("ext_sched_class", "ext"), ("", "?")])
def test_the_class_of_the_task_that_runs(symbol: str, name: str) -> None:
    kernel = make_kernel()
    kernel.write_pointer(CURRENT + kernel.find("struct task_struct", "sched_class")[0], 0x77)
    if symbol:
        kernel.symbols[symbol] = 0x77
    assert runqueues.current_class(kernel.view("struct rq", RQ)) == name


def test_groups_that_contain_each_other_end() -> None:
    kernel = make_kernel()
    kernel.make("struct cfs_rq", GROUP_RQ, curr=GROUP)
    assert list(runqueues.fair_tasks(kernel.view("struct rq", RQ))) == []
