# SPDX-License-Identifier: GPL-3.0-or-later
"""The namespaces that a program looks at: those of the first process, or of the process that ``--usens`` names.

This is the only place that keeps the choice. The helpers for networks, mounts and sysctl variables read it here.
"""

from __future__ import annotations

from crash import pid_to_task, readSU, readSymbol, symbol_exists

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from crash import StructResult

_nsproxy: StructResult | None = None
_net: StructResult | None = None  # a network namespace that was chosen alone


def get_nsproxy() -> StructResult:
    """Return the ``struct nsproxy`` that the option ``--usens PID`` chose, or the initial one."""
    if _nsproxy is not None:
        return _nsproxy
    value = readSymbol("init_nsproxy") if symbol_exists("init_nsproxy") else readSymbol("init_task").nsproxy
    result: StructResult = value
    return result


def set_nsproxy(pid: int | None = None) -> None:
    """Choose the namespaces of the task ``pid``; None chooses the initial ones.

    This ends a choice of set_net(). Raises ValueError if no task has this PID, or if the task is a zombie, which has no
    namespaces.
    """
    global _nsproxy, _net
    if pid is None:
        _nsproxy = _net = None
        return
    task = pid_to_task(pid)
    if not task:
        raise ValueError(f"there is no task with PID {pid}")
    nsproxy = readSU("struct task_struct", task).nsproxy
    if not nsproxy:
        raise ValueError(f"the task with PID {pid} has no namespaces any more: it is a zombie")
    _nsproxy, _net = nsproxy, None


def get_net() -> StructResult:
    """Return the ``struct net`` that set_net() chose, or else that of get_nsproxy()."""
    if _net is not None:
        return _net
    net: StructResult = get_nsproxy().net_ns
    return net


def set_net(net: StructResult | None) -> None:
    """Choose a ``struct net``; None chooses that of get_nsproxy()."""
    global _net
    _net = net


def is_initial() -> bool:
    """Return whether nothing was chosen."""
    return _nsproxy is None and _net is None


def remember() -> Callable[[], None]:
    """Return a function that chooses the same namespaces again as now."""
    chosen = _nsproxy, _net

    def choose_again() -> None:
        global _nsproxy, _net
        _nsproxy, _net = chosen

    return choose_again
