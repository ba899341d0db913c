# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs in the manner of the classic's WorkQueues, kmem, Slab, Dev, sysfs, flock and pci run as they are."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from support import hangs
from support.session import CrashSession
from support.truth import Truth

Run = Callable[..., str]
HEX = r"[0-9a-f]{16}"


def test_workqueues(run: Run, truth: Truth) -> None:
    made = hangs.load(truth)
    assert run("workqueues").startswith(f" {'WorkQueues - Active only':-^70}\n")
    everything = run("workqueues", "-v")
    assert everything.startswith(f" {'All WorkQueues':-^70}\n")
    # Each rescuer is named after its workqueue (before v6.8 by its name alone).
    rescuers = [t.proc_comm[len("kworker/R-") :] for t in truth.tasks if t.proc_comm.startswith("kworker/R-")]
    names = re.findall(r"^   -*([^- ].*?)-*   <struct workqueue_struct ", everything, re.M)
    assert {name.rstrip("-") for name in rescuers} <= {name.strip("-") for name in names}
    assert len(names) > 30
    if made.text:
        name, address = made.workqueue
        pid, _, _ = made.worker
        one = run("workqueues", "-n", name)
        assert re.search(rf"^WQ {address:x} {name} flags=\w+ unbound=1\n   in flight: 3\n", one, re.M)
        assert f" {truth.by_pid[pid].comm} mpyk_stuck_work\n" in one
        assert f"<struct workqueue_struct {address:#x}>" in run("workqueues")


def test_the_pool_of_a_cpu(run: Run, drgn_program: Any) -> None:
    from drgn.helpers.linux.list import list_for_each_entry
    from drgn.helpers.linux.percpu import per_cpu_ptr

    head = drgn_program["workqueues"].address_of_()
    wq = next(w for w in list_for_each_entry("struct workqueue_struct", head, "list") if w.name.string_() == b"kblockd")
    output = run("workqueues", "-n", "kblockd")
    rows = re.findall(rf"^   CPU (\d+) pwq=({HEX}) node=(\d+)$", output, re.M)
    name = "cpu_pwq" if any(m.name == "cpu_pwq" for m in wq.type_.type.members) else "cpu_pwqs"
    theirs = []
    for cpu, _, _ in rows:
        pwq = per_cpu_ptr(getattr(wq, name), int(cpu))
        theirs.append(f"{(pwq[0] if name == 'cpu_pwq' else pwq).value_():x}")
    assert [pwq for _, pwq, _ in rows] == theirs
    assert len(rows) > 1
    assert f"CPUs={list(range(len(rows)))} none=True\n" in output


def test_free_memory(run: Run, crash_session: CrashSession) -> None:
    output = run("memory")
    text = crash_session.run("kmem -f")
    zones = re.findall(r"^ZONE .*\n +(\d+) +(\S+) ", text, re.M)
    assert re.findall(r"^ZONE (\d+) (\S+) free=\d+$", output, re.M) == zones
    # The kernel's own counter lacks some pages that are in the lists; crash then says how many it has found there.
    counter, found = re.findall(r"^nr_free_pages: (\d+)  \((?:verified|found (\d+))\)", text, re.M)[0]
    assert f"TOTAL {found or counter}\n" in output
    assert output.endswith("False False\n")


def test_objects_of_slab_caches(run: Run, crash_session: CrashSession) -> None:
    output = run("memory", "kmem_cache", "task_struct", "nonesuch")
    assert "NOSLAB " in output
    rows = dict(re.findall(r"^SLAB (\w+) alloc=(\d+) free=\d+$", output, re.M))
    caches = re.findall(rf"^({HEX}) +\d+ +\d+ +\d+ +\d+ +\d+k ", crash_session.run("kmem -s"), re.M)
    # kmem_cache is the cache of the caches; two of them, for the boot, are static variables or in it as well.
    part = output.partition("SLAB kmem_cache ")[2].partition("SLAB task_struct")[0]
    used = set(re.findall(rf"^   \[({HEX})\]$", part, re.M))
    assert set(caches) <= used
    assert int(rows["kmem_cache"]) == len(used) <= len(caches) + 2
    tasks = re.findall(rf"^[> ] +(\d+) +\d+ +\d+ +({HEX}) ", crash_session.run("ps"), re.M)
    part = output.partition("SLAB task_struct ")[2].partition("NOSLAB")[0]
    used = set(re.findall(rf"^   \[({HEX})\]$", part, re.M))
    # The first idle task is a static variable.
    assert len({task for _, task in tasks} - used) == 1
    # crash shows the slabs of the CPUs, with the objects that are free.
    known = crash_session.run("kmem -S task_struct")
    free = set(re.findall(rf"^   ({HEX})(?:  \(cpu \d+ cache\))?$", known, re.M))
    assert free <= set(re.findall(rf"^    ({HEX})$", part, re.M))


def test_disks(run: Run, truth: Truth, crash_session: CrashSession) -> None:
    output = run("disks")
    parts = [line.split() for line in truth.lines("proc/partitions")[2:]]
    numbers = {(int(row[0]), int(row[1])): row[3] for row in parts}
    devices = {(int(a), int(b)): disk for a, b, disk in re.findall(r"^DEV (\d+):(\d+) \S+ disk=(\S+)$", output, re.M)}
    assert {number: name for number, name in numbers.items() if number in devices} == numbers
    block = truth.text("proc/devices").partition("Block devices:\n")[2]
    registered = {int(number): name for number, name in re.findall(r"^ *(\d+) (\S+)$", block, re.M)}
    drivers = {int(number): name for number, name in re.findall(r"^DRIVER +(\d+)  (\S+) ", output, re.M)}
    assert drivers.items() <= registered.items()
    assert {number for number, _ in devices} == set(drivers)
    printed = {int(number): name for number, name in re.findall(r"^ {0,2}(\d+)  (\S+) +$", output, re.M)}
    assert printed == registered
    queues = re.findall(rf"^ *\d+ {HEX} +(\S+) +({HEX}) +(\d+)", crash_session.run("dev -d"), re.M)
    ours = {name: (queue, n) for queue, name, n in re.findall(rf"^QUEUE ({HEX}) (\S+) \d+ \d+ (\d+)$", output, re.M)}
    assert queues
    assert {name: ours[name] for name, _, _ in queues} == {name: (queue, total) for name, queue, total in queues}
    assert "nbdops=<" not in output
    assert ".fops" not in output


def test_disks_in_sys(run: Run, drgn_program: Any) -> None:
    from drgn.helpers.linux.block import for_each_disk
    from drgn.helpers.linux.kernfs import kernfs_path

    output = run("disks")
    theirs = {
        disk.disk_name.string_().decode(): kernfs_path(disk.part0.bd_device.kobj.sd).decode()
        for disk in for_each_disk(drgn_program)
    }
    ours = dict(re.findall(r"^SYS (\S+) (\S+)$", output, re.M))
    assert {name: path.lstrip("/") for name, path in ours.items()} == {
        name: path.lstrip("/") for name, path in theirs.items()
    }
    assert "   holds vda\n" in output


def test_mapped_devices(run: Run, truth: Truth, drgn_program: Any) -> None:
    """guest/suspended.c makes one linear device of 2048 sectors on a loop device of the same size, and suspends it."""
    rows = [line.split() for line in truth.lines("proc/partitions")[2:]]
    ((major, minor),) = ((int(row[0]), int(row[1])) for row in rows if row[3] == "dm-0")
    assert run("mapped") == f" ========== Devicemapper devices ============\n{'mpyk-suspended':<40}  minor={minor}\n"
    output = run("mapped", "-v")
    address = int(re.findall(r"^   <struct dm_table (0x\w+)>\n -- 1 targets$", output, re.M)[0], 16)
    from drgn import Object
    from drgn.helpers.linux.block import for_each_disk

    (disk,) = (d for d in for_each_disk(drgn_program) if (int(d.major), int(d.first_minor)) == (major, minor))
    # drgn has no types of modules here; struct mapped_device begins with two mutexes, which have no such address.
    words = drgn_program.read(int(disk.private_data), 256)
    assert address in [int.from_bytes(words[at : at + 8], "little") for at in range(0, 256, 8)]
    assert Object(drgn_program, "unsigned long", address=address)
    used = re.findall(r"^      <struct dm_dev 0x(\w+)> major=(\d+) +minor=(\d+) *\n\t   driver=(\w+), ", output, re.M)
    loops = {(row[0], row[1], "loop") for row in rows if row[3].startswith("loop") and row[2] == "1024"}
    assert {row[1:] for row in used} == loops
    assert len(used) == 1
    lines = output[output.index("  0 <struct dm_target ") :].splitlines()
    assert lines[0].endswith("> linear")
    assert lines[1:4] == [
        "       | logical  sectors 0->2047", "       | physical sectors 0->2047",
        f"       |    device used <struct dm_dev 0x{used[0][0]}>",
    ]  # fmt: skip


def test_requests(run: Run) -> None:
    output = run("disks", "-r")
    assert "requests=0 in_flight=0 rows=0\n" in output
    assert re.findall(r"^(printed|slab|done) (\d+)$", output, re.M) == [("printed", "0"), ("slab", "0"), ("done", "0")]


def test_file_locks(run: Run, truth: Truth) -> None:
    output = run("filelocks")
    active, _, blocked = output.partition("Blocked list")
    lines = [line.split() for line in truth.lines("proc/locks")]
    kinds = {"POSIX": "FL_POSIX", "FLOCK": "FL_FLOCK"}
    modes = {"READ": "F_RDLCK", "WRITE": "F_WRLCK"}
    for part, rows in (
        (active, [row for row in lines if row[1] != "->" and row[1] in kinds]),
        (blocked, [[row[0], *row[2:]] for row in lines if row[1] == "->" and row[2] in kinds]),
    ):
        found = re.findall(r"^<struct \w+ 0x[0-9a-f]+> (\S+) (\S+)\n\t .*\n\tpid=(-?\d+) ", part, re.M)
        # Leases and the locks of open files (whose PID /proc/locks does not show) are compared by test_filelock.py.
        mine = [(words.split("|"), mode, pid) for words, mode, pid in found if "FL_OFDLCK" not in words]
        theirs = [(kinds[row[1]], modes[row[3]], row[4]) for row in rows]
        assert [(words[0], mode, pid) for words, mode, pid in mine if words[0] in kinds.values()] == theirs
        assert theirs


def test_pci(run: Run, truth: Truth) -> None:
    output = run("filelocks", "-pci")
    theirs = sorted(line.split()[:2] for line in truth.lines("proc/bus/pci/devices"))
    rows = re.findall(r"^([0-9a-f]{2}):([0-9a-f]{2})\.(\d) [0-9a-f]{4}: (\w{4}):(\w{4}) \(rev \w\w\)$", output, re.M)
    ours = [[f"{bus}{int(slot, 16) << 3 | int(f):02x}", vendor + device] for bus, slot, f, vendor, device in rows]
    assert ours == theirs
    for path, name in (("proc/iomem", "iomem_resource"), ("proc/ioports", "ioport_resource")):
        part = output.partition(f"\n{name:=^70}\n")[2].partition("\n=")[0]
        assert part.splitlines()[: len(truth.lines(path))] == truth.lines(path)
