# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs in the manner of the classic API (tests/classic) run as they are, and say what crash's commands say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from support import hangs
from support.session import CrashSession
from support.truth import Truth

PROGRAMS = Path(__file__).parents[1] / "classic"
Run = Callable[..., str]
HEX = r"[0-9a-f]{16}"
# The names that make 95 % of the uses in the scripts of others, and those of LinuxDump that they import.
MOST_USED = [
    "readSU", "readSymbol", "exec_crash_command", "member_offset", "readSUListFromHead", "sys_info", "symbol_exists",
    "addr2sym", "get_pathname", "Addr", "container_of", "long", "sym2addr", "CDefine", "EnumInfo", "readmem",
    "member_size", "struct_size", "readPtr", "pylog", "le16_to_cpu", "enumerator_value", "Deref", "hexl",
    "pointersize", "SmartString", "TaskTable", "get_cpu_var", "for_all_rbtree", "idr_for_each", "exec_bt",
    "decode_mutex",
]  # fmt: skip


def test_programs_use_many_names() -> None:
    programs = sorted(PROGRAMS.glob("*.py"))
    assert len(programs) >= 10
    text = "\n".join(path.read_text() for path in programs)
    counts = {name: len(re.findall(rf"\b{name}\b", text)) for name in MOST_USED}
    assert [name for name, count in counts.items() if not count] == []
    names = [*MOST_USED, *(PROGRAMS.parent / "embedded/api_names.txt").read_text().split("\n")]
    used = Counter(re.findall(r"\w+", text))
    assert sum(used[name] for name in set(names)) > 230
    assert sum(bool(used[name]) for name in set(names)) > 70


def test_the_tree_of_processes(run: Run, crash_session: CrashSession, truth: Truth) -> None:
    output = run("proctree", "-t")
    row = re.compile(rf"^( *)(\d+) (\d+) (\w\w) (\d+) ({HEX}) (.*)$", re.M)
    ours = {m[6]: (int(m[2]), int(m[3]), int(m[5]), m[4]) for m in row.finditer(output)}
    expected = re.findall(rf"^[> ] +(\d+) +(\d+) +(\d+) +({HEX}) +(\w\w) ", crash_session.run("ps -G"), re.M)
    theirs = {task: (int(pid), int(ppid), int(cpu), state) for pid, ppid, cpu, task, state in expected}
    theirs = {task: values for task, values in theirs.items() if task in ours}
    assert ours.keys() - theirs.keys() == set()
    assert ours == theirs
    assert set(ours) >= {f"{int(line[3], 16):x}" for line in expected if int(line[1]) == 1}
    assert {pid for pid, _, _, _ in ours.values()} >= {t.pid for t in truth.user_tasks if t.leader}
    depth = {int(m[2]): len(m[1]) // 2 for m in row.finditer(output)}
    assert all(depth[t.pid] == depth[t.ppid] + 1 for t in truth.user_tasks if t.leader and t.ppid)
    counted = Counter(t.tgid for t in truth.tasks if not t.leader)
    assert {int(tgid): int(n) for tgid, n in re.findall(r"^threads (\d+) (\d+)$", output, re.M)} == counted
    one = run("proctree", "-p", truth.named("chain-00").pid)
    assert f"Total {sum(t.comm.startswith('chain-') for t in truth.user_tasks)}\n" in one
    assert run("proctree", "-p", 999999) == "There is no PID=999999\n"


@pytest.mark.parametrize("comm", ["open-files", "pipes", "tcp-listeners", "unix-sockets"])
def test_open_files(run: Run, crash_session: CrashSession, truth: Truth, comm: str) -> None:
    pid = truth.named(comm).pid
    row = rf"^ *(\d+) ({HEX}) +({HEX}) +({HEX}) +(\w+) *(.*?) *$"
    expected = re.findall(row, crash_session.run(f"files {pid}"), re.M)
    ours = [line.split(" ", 6)[1:] for line in run("openfiles", pid).splitlines() if line]
    assert expected
    assert [words[:5] for words in ours] == [list(words[:5]) for words in expected]
    named = [(words[5], theirs[5]) for words, theirs in zip(ours, expected) if theirs[4] in ("REG", "DIR", "CHR")]
    assert [a for a, _ in named] == [b for _, b in named]
    verbose = run("openfiles", "-v", pid)
    assert verbose.count("    f_op=") == len(expected)
    assert run("openfiles").startswith("Usage: openfiles")


def test_mounts_and_superblocks(run: Run, crash_session: CrashSession, truth: Truth) -> None:
    output = run("mounts", "-s", "-f")
    row = rf"^({HEX}) ({HEX}) +(\S+) +(.*?)[ /]*$"  # crash 8 ends the places of mounts with a slash
    expected, ours = (re.findall(row, re.sub(" +", " ", text), re.M) for text in (crash_session.run("mount"), output))
    assert len(ours) > 20
    assert ours == expected
    blocks = dict(re.findall(rf"^SB ({HEX}) (\S+)", output, re.M))
    assert {sb: kind for _, sb, kind, _ in expected}.items() <= blocks.items()
    shown = {int(b) for _, b in re.findall(rf"^SB ({HEX}) .* mounts=(\d+)", output, re.M)}
    assert max(shown) == max(Counter(row[1] for row in expected).values())
    names = [line.split()[-1] for line in truth.lines("proc/filesystems")]
    assert re.findall(r"^FS (\S+)", output, re.M) == names
    assert "FS xfs xfs\n" in output


def test_modules(run: Run, crash_session: CrashSession, truth: Truth) -> None:
    output = run("modlist", "-u")
    expected = re.findall(rf"^({HEX}) +(\S+) +({HEX} +)?(\d+) ", crash_session.run("mod"), re.M)
    theirs = {name: (address, int(size)) for address, name, _, size in expected}
    ours = re.findall(rf"^({HEX}) (\S+) (\d+) (\d+) MODULE_STATE_LIVE\n   users: *(.*)$", output, re.M)
    assert {name: (address, int(size)) for address, name, size, _, _ in ours} == theirs
    assert {name: int(refs) for _, name, _, refs, _ in ours} == {m.name: m.refcount for m in truth.modules.values()}
    users = {name: set(filter(None, by.split(","))) for _, name, _, _, by in ours}
    # /proc/modules also says [permanent] there, of a module without an exit function.
    assert users == {m.name: {user for user in m.used_by if user[0] != "["} for m in truth.modules.values()}
    assert "\nThere is no module no_such\n" in run("modlist", "no_such")


def test_interfaces_and_listening_sockets(run: Run, crash_session: CrashSession, truth: Truth) -> None:
    output = run("netifs", "-s")
    expected = re.findall(rf"^({HEX}) +(\S+) *(.*?) *$", crash_session.run("net"), re.M)
    ours = re.findall(rf"^({HEX}) (\S+) mtu=\d+ .*\n    ip: *(.*?) *$", output, re.M)
    assert len(expected) > 5
    assert ours == expected
    listening = [line.split() for name in ("tcp", "tcp6") for line in truth.lines(f"proc/net/{name}")[1:]]
    ports = [int(words[1].split(":")[-1], 16) for words in listening if words[3] == "0A"]
    # The kernel has one table of listening sockets for all network namespaces.
    others = [line.split() for name in ("blue", "green") for line in truth.lines(f"tools/{name}/ss-tcp")]
    ports = sorted(ports + [int(words[3].rpartition(":")[2]) for words in others if words[0] == "LISTEN"])
    assert sorted(map(int, re.findall(rf"^listen \S+ \S+ (\d+) {HEX}$", output, re.M))) == ports
    assert set(re.findall(r"^listen (\S+)", output, re.M)) == {"PF_INET", "PF_INET6"}
    assert f"sockets LISTEN {len(ports)}\n" in output
    rows = sum(len(truth.lines(f"proc/net/{name}")) - 1 for name in ("udp", "udp6"))
    rows += sum(len(truth.lines(f"tools/{name}/ss-udp")) for name in ("blue", "green"))
    assert f"sockets UDP {rows}\n" in output
    assert re.search(r" lo mtu=65536 00:00:00:00:00:00 flags=UP\|LOOPBACK", output)


def test_slab_caches(run: Run, crash_session: CrashSession) -> None:
    output = run("slabs")
    expected = re.findall(
        rf"^({HEX}) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+k) +(\S.*?)$", crash_session.run("kmem -s"), re.M
    )
    ours = re.findall(rf"^({HEX}) (\d+) (\d+) (\d+) (\d+k) (\S.*)$", output, re.M)
    assert len(expected) > 100
    assert ours == [
        (address, size, total, slabs, ssize, name) for address, size, _, total, slabs, ssize, name in expected
    ]
    memory = sum(int(slabs) * int(ssize[:-1]) * 1024 for _, _, _, _, slabs, ssize, _ in expected)
    assert f"({memory})\n" in output
    assert run("slabs", "-n", "task_struct").count("task_struct") == 1


def test_runqueues(run: Run, crash_session: CrashSession) -> None:
    output = run("runqueues")
    blocks = re.split(r"^CPU ", crash_session.run("runq"), flags=re.M)[1:]
    mine = re.split(r"^CPU ", output, flags=re.M)[1:]
    assert len(blocks) == len(mine) > 1
    for theirs, ours in zip(blocks, mine):
        queue, pid, task = re.findall(rf"RUNQUEUE: ({HEX})\s+CURRENT: PID: (\d+) +TASK: ({HEX})", theirs)[0]
        assert re.match(rf"\d+ rq={queue} curr={pid} {task} ", ours)
        queued = set(re.findall(rf"\[ *(\d+)\] PID: (\d+) +TASK: ({HEX})", theirs.partition("CFS")[2]))
        assert set(re.findall(rf"^   CFS (\d+) (\d+) ({HEX}) ", ours, re.M)) == queued
        assert f"   nr={len(queued) + 1} " in ours
    assert re.search(r"^oldest \d+ s$", output, re.M)


def test_zones(run: Run, crash_session: CrashSession) -> None:
    output = run("zones")
    blocks = re.split(r"^(?=NODE: )", crash_session.run("kmem -z"), flags=re.M)[1:]
    mine = re.split(r"^(?=NODE )", output, flags=re.M)[1:]
    assert len(blocks) == len(mine) > 2
    checked = 0
    for theirs, ours in zip(blocks, mine):
        zone, address, name = re.findall(rf'ZONE: (\d+) +ADDR: ({HEX}) +NAME: "(\w+)"', theirs)[0]
        assert ours.startswith(f"NODE 0 ZONE {zone} {address} {name} spanned=")
        if "[unpopulated]" in theirs:
            assert "present=0\n" in ours
            continue
        size = re.findall(r"SIZE: (\d+)", theirs)[0]
        marks = re.findall(r"MIN/LOW/HIGH: (\S+)", theirs)[0]
        assert f" spanned={size} " in ours
        assert f"   MIN/LOW/HIGH {marks}\n" in ours
        for counter, value in re.findall(r"^ *(NR_\w+): (\d+)$", theirs, re.M):
            assert f"   {counter}: {value}\n" in ours
            checked += 1
        free = int(re.findall(r"NR_FREE_PAGES: (\d+)", theirs)[0])
        buddy = int(re.findall(r"buddy (\d+) ", ours)[0])
        # The rest is in the lists of the CPUs; each CPU may owe the counter up to 125 pages (mm/vmstat.c).
        assert buddy - 2 * 125 <= free < buddy + 1000
    assert checked > 10


def test_timers(run: Run, crash_session: CrashSession) -> None:
    output = run("timers")
    text = crash_session.run("timer")
    bases = dict(re.findall(rf"^(TIMER_BASES\[\d+\]\[\w+\]): ({HEX})\n", text, re.M))
    blocks = dict(re.findall(rf"^CPU \d+ base \d ({HEX}) clk=\d+\n((?:   .*\n)*)", output, re.M))
    # Kernels since v6.9 have three bases a CPU; crash knows of the two first.
    assert len(bases) > 1
    assert set(bases.values()) <= set(blocks)
    seen = 0
    for heading, address in bases.items():
        block = text.partition(heading)[2].partition("TIMER_BASES")[0]
        theirs = re.findall(rf"^ +(\d+) +(-?\d+) +({HEX}) +({HEX}) +<?(\w+)", block, re.M)
        ours = re.findall(rf"^   (\d+) (-?\d+) ({HEX}) ({HEX}) (\w+)$", blocks[address], re.M)
        assert sorted(ours) == sorted(theirs)
        seen += len(ours)
    assert seen > 10
    assert f"\njiffies {re.findall(r'^[0-9]+$', text, re.M)[0]} " in output


def test_ipc(run: Run, crash_session: CrashSession, truth: Truth) -> None:
    output = run("ipcs")
    text = crash_session.run("ipcs")
    rows = re.findall(rf"^({HEX}) ([0-9a-f]{{8}}) (\d+) +(\d+) +(\d+) +(\d+)(?: +(\d+))?", text, re.M)
    theirs = {address: [int(key, 16), *map(int, (number, uid, mode, size))] for address, key, number, uid, mode, size, _
              in rows}  # fmt: skip
    ours = re.findall(rf"^(?:SHM|SEM|MSG) ({HEX}) ([0-9a-f]+) (\d+) (\d+) (\d+) (\d+)", output, re.M)
    assert {a: [int(key, 16), *map(int, rest)] for a, key, *rest in ours} == theirs
    for kind, name in (("SHM", "shm"), ("SEM", "sem"), ("MSG", "msg")):
        assert output.count(f"\n{kind} ") + output.startswith(kind) == len(truth.lines(f"proc/sysvipc/{name}")) - 1
    used = {int(m[0]): int(m[1]) for m in re.findall(rf"^MSG {HEX} \S+ (\d+) \d+ \d+ \d+ (\d+)$", output, re.M)}
    messages = [line.split() for line in truth.lines("proc/sysvipc/msg")[1:]]
    assert used == {int(words[1]): int(words[4]) for words in messages}
    assert len(re.findall(r"^   type=", output, re.M)) == sum(used.values())
    assert " dest\n" in output
    other = run("ipcs", "-p", truth.named("ns-all").pid)
    assert other != output


def test_a_first_look(run: Run, crash_session: CrashSession, truth: Truth) -> None:
    output = run("sysreport")
    facts = dict(re.findall(r"^ *([A-Z ]+): (.*)$", crash_session.run("sys"), re.M))
    for key in ("CPUS", "NODENAME", "RELEASE", "MACHINE", "MEMORY", "TASKS", "LOAD AVERAGE"):
        assert f"{key}={facts[key]}\n" in output
    assert f"uts {truth.release} " in output
    states = Counter(re.findall(rf"^[> ] +\d+ +\d+ +\d+ +{HEX} +(\w\w) ", crash_session.run("ps"), re.M))
    assert dict(re.findall(r"^state (\w\w) (\d+)$", output, re.M)) == {k: str(v) for k, v in states.items()}
    stuck = {t.pid for t in truth.user_tasks if t.state == "D"} | hangs.load(truth).stuck
    assert {int(pid) for pid in re.findall(r"^UN (\d+) \S+ True$", output, re.M)} == stuck
    assert f"booted {truth.release}\n" in output
    assert f"lines {len(crash_session.run('log').splitlines())}\n" in output
    disks = re.findall(r"^disk (\S+) (\d+):(\d+) True$", output, re.M)
    assert disks == [(w[2], w[0], w[1]) for w in map(str.split, truth.lines("proc/diskstats"))]
    for path, name in (("kernel/hostname", "kernel.hostname"), ("kernel/pid_max", "kernel.pid_max")):
        assert f"{name}={truth.text('proc/sys/' + path).strip()}\n" in output
    assert "bad: True\n" in output
    assert "jiffies same: True\n" in output
    assert output.count("+++WARNING+++ failed: struct no_such_struct_at_all") == 2, "at once and in the summary"


def test_uninterruptible_threads_and_locks(run: Run, truth: Truth) -> None:
    hanging = hangs.load(truth)
    arguments = [
        f"{lock.kind}={lock.address:x}"
        for lock in hanging.locks.values()
        if lock.kind in ("mutex", "rwsem", "semaphore") and hanging.waiters(lock.name)
    ]
    output = run("hangs", *arguments)
    expected = sorted(task.pid for task in truth.tasks if task.state == "D")
    assert f"UN {' '.join(map(str, expected))}\n" in output
    assert f"    ... {len(expected)} pids. Youngest,oldest: " in output
    frozen = sorted(task.pid for task in truth.tasks if task.comm.startswith("d-frozen-"))
    assert set(map(str, frozen)) <= set(re.findall(r"^IN percpu (.*)$", output, re.M)[0].split())
    assert re.search(r"^old \d+ pressure=False nfsd=False sap=0$", output, re.M)
    blocks = re.split(r"(?=^ -*<struct mutex |^<struct rw_semaphore )", output, flags=re.M)[1:]
    checked = 0
    for lock in hanging.locks.values():
        if lock.kind not in ("mutex", "rwsem") or not hanging.waiters(lock.name):
            continue
        (block,) = (text for text in blocks if f"{lock.address:#x}>" in text.partition("\n")[0])
        waiting = {(role.pid, role.name) for role in hanging.waiters(lock.name)}
        assert {(int(pid), comm) for pid, comm in re.findall(r"^\t *(\d+)  (\S+)$", block, re.M)} == waiting
        assert f"waiters {len(waiting)}" in block
        owners = {role.pid for role in hanging.holders(lock.name) if role.holds and role.holds.mode == "write"}
        assert set(map(int, re.findall(r"Owner of this \w+: pid=(\d+) ", block))) == owners
        checked += 1
    assert checked == sum(not argument.startswith("semaphore") for argument in arguments)
    queued = {(role.pid, role.name) for role in hanging.waiters("mpyk_semaphore")} if hanging.locks else set()
    assert {(int(pid), comm) for pid, comm in re.findall(r"^semaphore waiter (\d+) (\S+)$", output, re.M)} == queued
