# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports on stack traces: ``bt_mergestacks()`` and ``bt_summarize()`` print what many stacks have in common."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pykdump.linux.btstack import BTStack
    from pykdump.linux.tasks import TaskTable


def bt_mergestacks(
    btlist: Iterable[BTStack],
    precise: bool = False,
    count: int = 1,
    reverse: bool = False,
    tt: TaskTable | None = None,
    verbose: int = 0,
) -> None:
    """Print each different stack once, with the number of threads that have it and their names.

    The rarest stack comes first, with ``reverse`` the most frequent one. ``precise`` also compares offsets and
    register data. ``count`` leaves out stacks that fewer threads have. ``tt`` adds the threads that ran last and
    longest ago. ``verbose`` adds the PIDs.
    """
    groups: dict[str, list[BTStack]] = {}
    for stack in btlist:
        signature = stack.getFullSignature() if precise else stack.getSimpleSignature()
        groups.setdefault(signature, []).append(stack)
    for stacks in sorted(groups.values(), key=len, reverse=reverse):
        if len(stacks) < count:
            continue
        print(f"\n------- {len(stacks)} stacks like that: ----------")
        print(stacks[-1] if precise else stacks[-1].simplerepr())
        if tt is not None:
            _print_ages(stacks, tt)
        names: dict[str, int] = {}
        for stack in stacks:
            names[stack.cmd] = names.get(stack.cmd, 0) + 1
        print("    ........................")
        for name in sorted(names):
            print(f"      {name:<30} {names[name]} times")
        if verbose:
            print("    PIDs:", *sorted(stack.pid for stack in stacks))


def _print_ages(stacks: list[BTStack], table: TaskTable) -> None:
    tasks = [table.getByTid(stack.pid) for stack in stacks]
    ages = sorted((task.Ran_ago, task.pid) for task in tasks if task is not None)
    if ages:
        (young, young_pid), (old, old_pid) = ages[0], ages[-1]
        print(f"    youngest={young / 1000:.2f}s(pid={young_pid}), oldest={old / 1000:.2f}s(pid={old_pid})")


def bt_summarize(btlist: Iterable[BTStack]) -> None:
    """Print how many stacks entered the kernel through the same function; the most frequent function comes first."""
    counts: dict[str, int] = {}
    for stack in btlist:
        entry = next((f.func for f in reversed(stack.frames) if "sys_" in f.func or "thread" in f.func), "")
        name = entry or (stack.frames[-1].func if stack.frames else "(empty)")
        counts[name] = counts.get(name, 0) + 1
    for name, number in sorted(counts.items(), key=lambda row: (-row[1], row[0])):
        print(f"{number:6d} {name}")
