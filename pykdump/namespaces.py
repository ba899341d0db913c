# SPDX-License-Identifier: GPL-3.0-or-later
"""The namespaces that a program looks at: those of the first process, or of the process that ``--usens`` names."""

from __future__ import annotations

from crash import pid_to_task, readSU, readSymbol, symbol_exists

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crash import StructResult

_nsproxy: StructResult | None = None


def get_nsproxy() -> StructResult:
    """Return the ``struct nsproxy`` that the option ``--usens PID`` chose, or the initial one."""
    if _nsproxy is not None:
        return _nsproxy
    value = readSymbol("init_nsproxy") if symbol_exists("init_nsproxy") else readSymbol("init_task").nsproxy
    result: StructResult = value
    return result


def set_nsproxy(pid: int | None = None) -> None:
    """Choose the namespaces of the task ``pid``; None chooses the initial ones.

    Raises ValueError if no task has this PID, or if the task is a zombie, which has no namespaces.
    """
    global _nsproxy
    if pid is None:
        _nsproxy = None
        return
    task = pid_to_task(pid)
    if not task:
        raise ValueError(f"there is no task with PID {pid}")
    nsproxy = readSU("struct task_struct", task).nsproxy
    if not nsproxy:
        raise ValueError(f"the task with PID {pid} has no namespaces any more: it is a zombie")
    _nsproxy = nsproxy
