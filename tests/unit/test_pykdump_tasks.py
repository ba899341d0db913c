# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks and the taskinfo command on made-up kernels: an old layout, a new one, damaged ones."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import caches  # noqa: E402
from pykdump.commands import taskinfo  # noqa: E402
from pykdump.linux import percpu, tasks  # noqa: E402
from pykdump.pylog import pylog  # noqa: E402

TASK = tasks.TASK_STRUCT
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
    """A kernel with two CPUs: swapper/0 and swapper/1, processes 1 (three threads) and 40 (one)."""

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


@pytest.fixture(params=[True, False], ids=["new", "old"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    caches.purge_memoize_cache(caches.CU_LIVE)
    yield World(request.param)
    caches.purge_memoize_cache(caches.CU_LIVE)
    pylog._problems.clear()


def test_every_thread_is_found_once(world: World) -> None:
    found = [(t.tgid, t.pid, t.comm, t.cpu) for t in tasks.all_tasks()]
    assert found == [
        (0, 0, "swapper/0", 0), (0, 0, "swapper/1", 1), (1, 1, "init", 0), (1, 2, "worker", 1), (1, 3, "worker", 1),
        (40, 40, "kworker/0:1", 0),
    ]  # fmt: skip
    assert [t.pid for t in tasks.all_tasks(idle=False)] == [1, 2, 3, 40]
    assert pylog._problems == {}


def test_what_a_task_says_of_itself(world: World) -> None:
    init, worker = [t for t in tasks.all_tasks() if t.tgid == 1][:2]
    assert (init.state_letter, init.state_code, init.state) == ("S", "IN", "TASK_INTERRUPTIBLE")
    assert (worker.state_letter, worker.state_code) == ("D", "UN")
    assert (init.uid, init.Ran_ago, worker.Ran_ago) == (1000, 5, 702)
    assert int(init) == world.init[0]
    assert init.signal == SIGNALS + 0x100
    with pytest.raises(KeyError):
        _ = init.no_such_field


def test_the_table_finds_tasks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "structSetAttr", lambda *args: True)
    table = tasks.TaskTable()
    assert [t.pid for t in table.allTasks()] == [0, 1, 40]
    assert [t.pid for t in table.allThreads()] == [0, 1, 2, 3, 40]
    assert table.getByTid(3).comm == "worker"  # type: ignore[union-attr]
    assert table.getByPid(3) is None
    assert [t.pid for t in table.getByPid(1).threads] == [2, 3]  # type: ignore[union-attr]
    assert [t.pid for t in table.getByComm("init")] == [1]
    assert [t.pid for t in table.getThreadsByComm("init")] == [1, 2, 3]
    assert list(table.tids) == [0, 1, 2, 3, 40]
    assert {comm: [t.pid for t in found] for comm, found in table.comms.items()} == {
        "swapper/0": [0], "init": [1], "kworker/0:1": [40]
    }  # fmt: skip
    assert str(table.getByPid(1)) == f"PID=1 <struct task_struct {world.init[0]:#x}> CMD=init"
    assert list(table.runqueues) == [0, 1]
    assert len(tasks.getRunQueues()) == 2


def test_a_group_being_released_is_its_leader(world: World) -> None:
    offset = world.kernel.find(TASK, "signal")[0]
    world.kernel.write_pointer(world.init[0] + offset, 0)
    expected = [1, 40] if world.new else [1, 2, 3, 40]
    assert [t.pid for t in tasks.all_tasks(idle=False)] == expected


@pytest.mark.parametrize(
    ("state", "exit_state", "letter"),
    [(0, 0, "R"), (1, 0, "S"), (2, 0, "D"), (0x102, 0, "D"), (0x402, 0, "I"), (4, 0, "T"), (8, 0, "t"),
     (0x40, 0, "P"), (0x80, 0x20, "Z"), (0x80, 0x10, "X"), (0x1000, 0, "D"), (0x8000, 0, "D"), (0x2001, 0, "S")],
)  # fmt: skip
def test_states_of_new_kernels(state: int, exit_state: int, letter: str) -> None:
    assert tasks.StateTable("RSDTtXZPI").letter(state, exit_state) == letter


@pytest.mark.parametrize(
    ("state", "exit_state", "letter"), [(0, 0, "R"), (1, 0, "S"), (64, 16, "Z"), (64, 32, "X"), (0x82, 0, "D")]
)
def test_states_of_old_kernels(state: int, exit_state: int, letter: str) -> None:
    assert tasks.StateTable("".join(s[0] for s in OLD_STATES)).letter(state, exit_state) == letter


def test_state_values_are_the_kernels(world: World) -> None:
    states = tasks.TASK_STATE
    assert states["EXIT_ZOMBIE"] == (32 if world.new else 16)
    assert states["TASK_UNINTERRUPTIBLE"] == 2


def test_without_the_kernels_table_the_newest_is_taken(world: World) -> None:
    del world.kernel.variables["task_state_array"]
    assert tasks.StateTable.of_kernel().letters == "RSDTtXZP"


def test_per_cpu_addresses(world: World) -> None:
    assert percpu.get_cpu_var("runqueues") == [QUEUES + 0x100, QUEUES + 0x1100]
    assert percpu.online_cpus() == [0, 1]
    with pytest.raises(TypeError, match="no_such_variable"):
        percpu.get_cpu_var("no_such_variable")


def test_a_kernel_of_one_cpu(world: World) -> None:
    for name in [s for s in world.kernel.symbols if s.startswith("__")]:
        del world.kernel.symbols[name]
    assert percpu.possible_cpus() == [0]
    assert percpu.percpu_ptr(0x100, 0) == 0x100


def test_taskinfo_prints_who_ran_last_first(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert taskinfo.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["PID", "TID", "CPU", "ST", "RAN-MS-AGO", "UID", "COMM"]
    assert lines[3].split() == ["1", "1", "0", "IN", "5", "1000", "init"]
    assert [line.split()[1] for line in lines[1:]] == ["0", "0", "1", "40", "2", "3"]
    assert len({line.index(line.split()[6]) for line in lines}) == 1, "the columns are aligned"


def test_taskinfo_filters_and_shortens(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert taskinfo.main(["--taskfilter", "UN"]) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()[1:]] == ["2", "3"]
    assert taskinfo.main(["--taskfilter=D,S", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [r["tid"] for r in rows] == [1, 2, 3]
    assert rows[0] == {"pid": 1, "tid": 1, "cpu": 0, "state": "IN", "ran_ms_ago": 5, "uid": 1000, "comm": "init"}
    assert taskinfo.main(["--maxpids", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in (lines[1], lines[2], lines[4])] == ["0", "0", "3"]
    assert "3 threads left out" in lines[3]


def test_taskinfo_sums_up(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert taskinfo.main(["--summary", "--json"]) == 0
    counts = json.loads(capsys.readouterr().out)
    assert (counts["threads"], counts["processes"]) == (6, 3)
    assert counts["states"]["UN"] == 2
    assert taskinfo.main(["--summary"]) == 0
    assert "6 threads of 3 processes" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["--taskfilter", "XX"], ["--taskfilter", ""], ["--maxpids", "0"], ["-x"]])
def test_a_wrong_command_line_is_one_line(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        taskinfo.main(argv)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("taskinfo: ")
    assert error.count("\n") == 1


def test_a_damaged_task_is_told_and_left_out(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    offset = world.kernel.find(TASK, "real_cred")[0]
    world.kernel.write_pointer(world.other + offset, 0xBAD000)
    assert taskinfo.main([]) == 0
    assert "0xbad000" in capsys.readouterr().out
    assert taskinfo.main(["--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert len(document) == 6
    assert document[-1]["task"] == hex(world.other)
    assert "0xbad000" in document[-1]["error"]
    world.kernel.write_pointer(world.other + offset, 0)
    assert [t.uid for t in tasks.all_tasks() if t.pid == 40] == [None]
