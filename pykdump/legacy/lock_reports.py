# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports on sleeping locks: the ``decode_`` functions print owner and waiters, and return them too."""

from __future__ import annotations

from crash import error, readSU

from pykdump.linux.kernlocks import (
    get_mutex_owner,
    get_mutex_waiters,
    get_rwsemaphore_owner,
    get_rwsemaphore_tasks,
    get_semaphore_tasks,
)
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crash import StructResult


def _pids_and_names(tasks: list[StructResult]) -> list[tuple[int, str]]:
    return sorted((int(task.pid), str(task.comm)) for task in tasks)


def _print_rows(rows: list[tuple[int, str]], heading: str) -> None:
    if rows and heading:
        print(heading)
    for pid, comm in rows:
        print(f"\t{pid:8d}  {comm}")


def _print_owner(owner: StructResult | None, kind: str) -> None:
    if owner is None:
        return
    try:
        print(f"    Owner of this {kind}: pid={int(owner.pid)} cmd={owner.comm}")
    except error as problem:
        pylog.error(f"The owner {int(owner):#x} of a {kind} cannot be read: {problem}")


def decode_mutex(addr: int) -> tuple[StructResult | None, list[StructResult]]:
    """Print owner and waiters of a ``struct mutex *``; return them as (owner, waiters)."""
    mutex = readSU("struct mutex", int(addr))
    owner, waiters = get_mutex_owner(addr), get_mutex_waiters(addr)
    print(f" {mutex!s:-^40}")
    _print_rows(_pids_and_names(waiters), "    Waiters on this mutex:")
    _print_owner(owner, "mutex")
    return owner, waiters


def decode_rwsemaphore(semaddr: int) -> tuple[StructResult | None, list[StructResult]]:
    """Print the writer and the waiters of a ``struct rw_semaphore *``; return them as (writer, waiters)."""
    owner, waiters = get_rwsemaphore_owner(semaddr), get_rwsemaphore_tasks(semaddr)
    print(readSU("struct rw_semaphore", int(semaddr)))
    _print_rows(_pids_and_names(waiters), "")
    _print_owner(owner, "rw_semaphore")
    return owner, waiters


def decode_semaphore(semaddr: int, v: int = 1) -> list[tuple[int, str]]:
    """Return (PID, name) of each task that waits for a ``struct semaphore *``; print the rows unless ``v`` is 0."""
    rows = _pids_and_names(get_semaphore_tasks(semaddr))
    if v:
        print(readSU("struct semaphore", int(semaddr)))
        _print_rows(rows, "")
    return rows
