# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks: waiters and owners, compared with the stacks of those who wait."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.session import CrashSession
from support.truth import Truth

Inside = Callable[[str, str], Any]
LOCKS = "from pykdump.linux.kernlocks import *"


@pytest.fixture(scope="module")
def semaphore(truth: Truth, drgn_program: Any) -> int:
    """The ``struct rw_semaphore *`` that the guest's task ``d-lock-mkdir`` waits for, from its stack."""
    task = next(t for t in truth.tasks if t.comm == "d-lock-mkdir")
    for frame in drgn_program.stack_trace(task.pid):
        if frame.name and "down_write" in frame.name:
            try:
                return int(frame["sem"].value_())
            except (KeyError, ValueError, LookupError):
                continue
    raise AssertionError("no frame of d-lock-mkdir names its lock")


def test_who_waits_for_a_semaphore(inside: Inside, truth: Truth, semaphore: int) -> None:
    waiting = {task.pid for task in truth.tasks if task.comm.startswith("d-lock-")}
    found = inside(LOCKS, f"[t.pid for t in get_rwsemaphore_tasks({semaphore})]")
    assert waiting and set(found) == waiting


def test_who_holds_it(inside: Inside, drgn_program: Any, semaphore: int) -> None:
    import drgn

    sem = drgn.Object(drgn_program, "struct rw_semaphore", address=semaphore)
    owner = sem.owner.counter.value_() & (1 << 64) - 1
    found = inside(LOCKS, f"(lambda t: t and int(t))(get_rwsemaphore_owner({semaphore}))")
    assert found == (None if owner & 1 or not owner & ~7 else owner & ~7)


def test_decoding_prints_and_returns(crash_session: CrashSession, truth: Truth, semaphore: int, tmp_path: Path) -> None:
    program = tmp_path / "decode.py"
    program.write_text(
        "from pykdump.API import *\nfrom LinuxDump.KernLocks import *\n"
        f"owner, waiters = decode_rwsemaphore({semaphore})\nprint('@', *sorted(int(t.pid) for t in waiters))\n"
        "print('free', decode_mutex(sym2addr('cgroup_mutex')))\n"
    )
    output = crash_session.run(f"epython {program}")
    waiting = sorted(task.pid for task in truth.tasks if task.comm.startswith("d-lock-"))
    assert f"@ {' '.join(map(str, waiting))}\n" in output
    for pid in waiting:
        assert f"\t{pid:8d}  {truth.by_pid[pid].comm}\n" in output
    assert "-<struct mutex 0x" in output
    assert "free (None, [])" in output
