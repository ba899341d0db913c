# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up kernel with two CPUs and six threads, in a new and in an old layout of ``struct task_struct``."""

from __future__ import annotations

from support import fake_crash

TASK = "struct task_struct"
SIGNALS, CREDS, QUEUES, TASKS = 0x20000, 0x30000, 0x40000, 0x50000
NEW_STATES = ["R (running)", "S (sleeping)", "D (disk sleep)", "T (stopped)", "t (tracing stop)", "X (dead)",
              "Z (zombie)", "P (parked)", "I (idle)"]  # fmt: skip
OLD_STATES = ["R (running)", "S (sleeping)", "D (disk sleep)", "T (stopped)", "t (tracing stop)", "Z (zombie)",
              "X (dead)", "x (dead)", "K (wakekill)", "W (waking)", "P (parked)"]  # fmt: skip
NOW = 50_000_000_000  # the runqueues' clock, in ns


def define_types(kernel: fake_crash.Kernel, new: bool) -> None:
    kernel.define("struct list_head", next="ptr struct list_head", prev="ptr struct list_head")
    kernel.define("struct cpumask", bits="u64")
    kernel.define("struct kuid", val="u32")
    kernel.define("struct cred", uid="struct kuid" if new else "u32")
    kernel.define("struct sched_info", last_arrival="u64")
    kernel.define("struct thread_info", flags="u64", cpu="u32")
    kernel.define("struct signal_struct", nr="u64", **({"thread_head": "struct list_head"} if new else {}))
    link = {"thread_node": "struct list_head"} if new else {"thread_group": "struct list_head"}
    where = {"thread_info": "struct thread_info"} if new else {"cpu": "u32"}
    state = {"__state": "u32"} if new else {"state": "u32"}
    kernel.define(
        TASK, **where, **state, tasks="struct list_head", **link, exit_state="s32", pid="s32", tgid="s32",
        signal="ptr struct signal_struct", real_cred="ptr struct cred", sched_info="struct sched_info", comm="char[16]",
    )  # fmt: skip
    kernel.define("struct rq", clock="u64", idle=f"ptr {TASK}")


class World:
    """Make a kernel with two CPUs. It has swapper/0, swapper/1, and processes 1 (three threads) and 40 (one)."""

    def __init__(self, new: bool = True) -> None:
        self.kernel = fake_crash.install()
        self.new = new
        define_types(self.kernel, new)
        self.kernel.variables["task_state_array"] = NEW_STATES if new else OLD_STATES
        self.kernel.make("struct cred", CREDS, **{"uid_DOT_val" if new else "uid": 1000})
        self.count = 0
        self.swappers = [self.task(0, 0, f"swapper/{cpu}", cpu=cpu) for cpu in (0, 1)]
        self.per_cpu()
        self.init = [self.task(1, 1, "init", 0x1, ms=5)]
        self.init += [self.task(tid, 1, "worker", 0x2, ms=700 + tid, cpu=1) for tid in (2, 3)]
        self.other = self.task(40, 40, "kworker/0:1", 0x402, ms=20)
        self.link_groups()
        self.kernel.symbols["init_task"] = self.swappers[0]
        offset = self.kernel.find(TASK, "tasks")[0]
        self.kernel.link([t + offset for t in (self.swappers[0], self.init[0], self.other)])

    def task(self, pid: int, tgid: int, comm: str, state: int = 0, *, ms: int = 0, cpu: int = 0) -> int:
        self.count += 1
        address = TASKS + 0x1000 * self.count
        self.kernel.make(
            TASK, address, pid=pid, tgid=tgid, comm=comm, real_cred=CREDS, signal=SIGNALS + 0x100 * tgid,
            sched_info_DOT_last_arrival=NOW - 1_000_000 * ms,
            **{"__state" if self.new else "state": state, "thread_info_DOT_cpu" if self.new else "cpu": cpu},
        )  # fmt: skip
        return address

    def per_cpu(self) -> None:
        k = self.kernel
        k.symbols.update({"__per_cpu_offset": 0x900, "runqueues": 0x100, "__cpu_possible_mask": 0x910})
        k.symbols.update({"__cpu_present_mask": 0x910, "__cpu_online_mask": 0x910})
        k.write(0x910, (0b11).to_bytes(8, "little"))
        for cpu in (0, 1):
            k.write_pointer(0x900 + 8 * cpu, QUEUES + 0x1000 * cpu)
            k.make("struct rq", QUEUES + 0x1000 * cpu + 0x100, clock=NOW, idle=self.swappers[cpu])

    def link_groups(self) -> None:
        for group in (self.init, [self.other]):
            if self.new:
                signal = SIGNALS + 0x100 * int(self.kernel.view(TASK, group[0]).tgid)
                self.kernel.make("struct signal_struct", signal)
                head = [signal + self.kernel.find("struct signal_struct", "thread_head")[0]]
                self.kernel.link([*head, *(t + self.kernel.find(TASK, "thread_node")[0] for t in group)])
            else:
                self.kernel.link([t + self.kernel.find(TASK, "thread_group")[0] for t in group])
