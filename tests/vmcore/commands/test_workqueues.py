# SPDX-License-Identifier: GPL-3.0-or-later
"""workqueues on the real dump: drgn's own walk, the names of the guest's workers, and the test module's works."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from support import hangs
from support.session import CrashSession
from support.truth import Truth

Document = Callable[[str], dict[str, Any]]


def kind(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [row for row in document["records"] if row["kind"] == name]


def text_of(value: Any) -> str:
    found: str = value.string_().decode()
    return found


def test_workqueues_equal_those_of_drgn(document: Document, drgn_program: Any) -> None:
    from drgn.helpers.linux.list import list_for_each_entry

    names = (
        "WQ_BH", "WQ_UNBOUND", "WQ_FREEZABLE", "WQ_MEM_RECLAIM", "WQ_HIGHPRI", "WQ_CPU_INTENSIVE", "WQ_SYSFS",
        "WQ_POWER_EFFICIENT", "WQ_PERCPU", "__WQ_DESTROYING", "__WQ_DRAINING", "__WQ_ORDERED", "__WQ_LEGACY",
        "__WQ_ORDERED_EXPLICIT",
    )  # fmt: skip
    bits = {}
    for name in names:
        with suppress(KeyError):  # not in this kernel
            bits[name] = drgn_program[name].value_()
    assert len(bits) > 8
    theirs = []
    for wq in list_for_each_entry("struct workqueue_struct", drgn_program["workqueues"].address_of_(), "list"):
        pwqs = list(list_for_each_entry("struct pool_workqueue", wq.pwqs.address_of_(), "pwqs_node"))
        flags = [name for name, bit in bits.items() if wq.flags.value_() & bit]
        in_flight = sum(int(count) for pwq in pwqs for count in pwq.nr_in_flight)
        theirs.append([text_of(wq.name), hex(wq.value_()), flags, in_flight])
    found = kind(document("workqueues --all"), "workqueue")
    assert [[row["name"], row["address"], row["flags"], row["in_flight"]] for row in found] == theirs
    assert len(found) > 30


def test_rescuers_equal_those_of_the_guest(document: Document, truth: Truth) -> None:
    # The kernel names them kworker/R-<workqueue>; before v6.8 they had the name of the workqueue alone.
    theirs = {
        task.pid: task.proc_comm[len("kworker/R-") :]
        for task in truth.tasks
        if task.kernel and task.proc_comm.startswith("kworker/R-")
    }
    found = kind(document("workqueues --all"), "workqueue")
    ours = {row["rescuer"]: row["name"] for row in found if row["rescuer"] is not None}
    if not theirs:
        theirs = {pid: truth.by_pid[pid].proc_comm for pid in ours}
    assert {pid: name[: len(theirs[pid])] for pid, name in ours.items()} == theirs
    assert len(ours) > 10


def test_workers_equal_those_of_the_guest(document: Document, truth: Truth) -> None:
    """The pool of each worker; workers come and go, so only those that are in both are compared."""
    # kworker/0:1H is a worker of the pool of CPU 0 with the nice level -20, kworker/u8:1 one of a pool without a CPU.
    names = {task.pid: task.proc_comm for task in truth.tasks if task.worker}
    matches = {pid: re.match(r"kworker/(u?\d+):\d+(H?)", name) for pid, name in names.items()}
    theirs = {pid: match[1] + match[2] for pid, match in matches.items() if match}
    rows = {row["pid"]: row for row in kind(document("workqueues --all"), "worker") if row["pid"] is not None}
    both = theirs.keys() & rows.keys()
    assert len(both) > 5
    assert len(theirs.keys() - both) <= 3
    assert {pid: rows[pid]["pool"] for pid in both} == {pid: theirs[pid] for pid in both}


def test_pools_equal_those_of_drgn(document: Document, drgn_program: Any) -> None:
    from drgn.helpers.linux.idr import idr_for_each_entry
    from drgn.helpers.linux.list import list_count_nodes, list_for_each_entry

    theirs = []
    for number, pool in idr_for_each_entry(drgn_program["worker_pool_idr"].address_of_(), "struct worker_pool"):
        workers = list(list_for_each_entry("struct worker", pool.workers.address_of_(), "node"))
        theirs.append([
            number, hex(pool.value_()), pool.cpu.value_(), pool.attrs.nice.value_(), len(workers),
            pool.nr_idle.value_(), list_count_nodes(pool.worklist.address_of_()),
        ])  # fmt: skip
    found = kind(document("workqueues --all"), "pool")
    keys = ("pool", "address", "cpu", "nice", "workers", "idle", "pending")
    assert [[row[key] for key in keys] for row in found] == theirs
    assert len(found) > 4


def test_works_of_the_test_module(document: Document, truth: Truth) -> None:
    made = hangs.load(truth)
    if not made.text:
        pytest.skip("the guest has no test module")
    name, address = made.workqueue
    found = document(f"workqueues {name}")
    (queue,) = kind(found, "workqueue")
    states = [state for _, state, _ in made.works.values()]
    assert (queue["name"], queue["address"], queue["max_active"]) == (name, f"{address:#x}", 1)
    assert (queue["in_flight"], queue["inactive"]) == (len(states) - states.count("delayed"), states.count("inactive"))
    ours = {(int(r["address"], 16), r["state"], r["function"]) for r in kind(found, "work") if r["workqueue"] == name}
    assert ours == {tuple(work) for work in made.works.values()}
    pid, _, _ = made.worker
    (running,) = (row for row in kind(found, "work") if row["state"] == "running")
    (worker,) = kind(found, "worker")
    assert running["pid"] == worker["pid"] == pid
    assert (worker["workqueue"], worker["function"]) == (name, running["function"])
    (finding,) = found["findings"]
    assert finding["id"] == "workqueue-blocked"
    assert finding["pids"] == [pid]
    assert finding["addresses"] == [f"{address:#x}"]
    assert running["function"] in finding["message"]


def test_only_active_ones_by_default(document: Document, truth: Truth) -> None:
    found = document("workqueues")
    assert all(row["in_flight"] or row["flushers"] or row["draining"] for row in kind(found, "workqueue"))
    assert all(not row["idle"] for row in kind(found, "worker"))
    assert not any(finding["id"] == "workqueue-lockup" for finding in found["findings"])


@pytest.mark.parametrize("options", ["", "--all", "-v", "--works", "events", "'events.*' kblockd --all", "--findings"])
def test_each_option(crash_session: CrashSession, options: str) -> None:
    output = crash_session.run(f"workqueues {options}")
    assert "Traceback" not in output
    assert "Cannot tell" not in output


def test_a_wrong_name(crash_session: CrashSession) -> None:
    assert "is not a regular expression" in crash_session.run("workqueues '*'")
