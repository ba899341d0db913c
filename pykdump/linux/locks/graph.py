# SPDX-License-Identifier: GPL-3.0-or-later
"""Who waits for whom: the forest below those who block others, and the cycles."""

from __future__ import annotations

from pykdump.linux.locks.owners import HINT, KNOWN
from pykdump.linux.locks.stack_words import DAMAGED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from crash import StructResult

    from pykdump.linux.locks.waits import Wait, Waits

# A chain of blockers is never longer than the number of tasks.
MAX_TASKS = 1 << 22


def must_act(wait: Wait) -> list[int]:
    """Return the ``struct task_struct *`` of each task without which this wait cannot end.

    Blockers of which one is enough do not count, unless there is only one.
    """
    known = [int(blocker.task) for blocker in wait.blockers if blocker.certainty == KNOWN]
    return known if len(known) == 1 or not wait.cause.any_of else []


def may_have_to_act(wait: Wait) -> list[int]:
    """As must_act(), with the blockers that are only a hint. Those that are POSSIBLE do not count."""
    if wait.cause.any_of:
        return must_act(wait)
    return [int(blocker.task) for blocker in wait.blockers if blocker.certainty in (KNOWN, HINT)]


class WaitGraph:
    """Tasks that wait, and the tasks that they wait for, to the end of each chain.

    ``waits`` is {``struct task_struct *``: Wait}; ``tasks`` also has the tasks that wait for nothing.
    """

    def __init__(self, finder: Waits, start: Iterable[Wait]) -> None:
        self.waits: dict[int, Wait] = {}
        self.tasks: dict[int, StructResult] = {}
        left = list(start)
        while left and len(self.tasks) < MAX_TASKS:
            wait = left.pop()
            if int(wait.task) in self.waits:
                continue
            self.waits[int(wait.task)] = wait
            self.tasks[int(wait.task)] = wait.task.ts
            for blocker in wait.blockers:
                self.tasks.setdefault(int(blocker.task), blocker.task)
                following = _wait_of(finder, blocker.task)
                if following is not None:
                    left.append(following)
        self.below = self._below()

    def _below(self) -> dict[int, list[Wait]]:
        """Return {task: the waits of which it is the first blocker}, in the order of the PIDs."""
        found: dict[int, list[Wait]] = {}
        for wait in sorted(self.waits.values(), key=lambda each: each.task.pid):
            if wait.blockers:
                found.setdefault(int(wait.blockers[0].task), []).append(wait)
        return found

    def deadlocks(self) -> Iterator[tuple[list[Wait], bool]]:
        """Yield each cycle, as (waits, certain). Each wait is for the task of the next one, the last for the first.

        The first one is that of the lowest PID.
        A cycle is not certain if it needs a blocker that is only a hint. There is one cycle for tasks that are in
        several ones.
        """
        seen: set[int] = set()
        for edges, certain in ((must_act, True), (may_have_to_act, False)):
            graph = {task: edges(wait) for task, wait in self.waits.items()}
            for group in knots(graph):
                if not seen.intersection(group):
                    seen.update(group)
                    cycle = [self.waits[task] for task in shortest_cycle(graph, group)]
                    first = cycle.index(min(cycle, key=lambda wait: wait.task.pid))
                    yield cycle[first:] + cycle[:first], certain

    def roots(self) -> list[int]:
        """Return the tasks that block others and are not blocked by one of them, those that block most first.

        Of a cycle, it is the task with the lowest PID.
        """
        blocked = {int(w.task) for waits in self.below.values() for w in waits}
        roots = [task for task in self.below if task not in blocked]
        reached = {int(w.task) for root in roots for _, w in self.tree(root)} | set(roots)
        for task in sorted(self.below, key=lambda each: int(self.tasks[each].pid)):
            if task not in reached:
                roots.append(task)
                reached |= {task, *(int(w.task) for _, w in self.tree(task))}
        sizes = {root: self.size(root) for root in roots}
        return sorted(roots, key=lambda root: (-sizes[root], int(self.tasks[root].pid)))

    def tree(self, root: int) -> Iterator[tuple[int, Wait]]:
        """Yield (depth, wait) of each task that waits for ``root``, directly or not, each task once."""
        seen = {root}
        left = [(1, wait) for wait in reversed(self.below.get(root, []))]
        while left:
            depth, wait = left.pop()
            if int(wait.task) not in seen:
                seen.add(int(wait.task))
                yield depth, wait
                left += [(depth + 1, each) for each in reversed(self.below.get(int(wait.task), []))]

    def counted_tree(self, root: int) -> list[tuple[int, Wait, int]]:
        """Return tree() as (depth, wait, number of tasks below this one)."""
        found: list[tuple[int, Wait, int]] = []
        below: dict[int, int] = {}  # {depth: tasks at this depth and deeper, behind the current one}
        for depth, wait in reversed(list(self.tree(root))):
            deeper = below.pop(depth + 1, 0)
            found.append((depth, wait, deeper))
            below[depth] = below.get(depth, 0) + deeper + 1
        return found[::-1]

    def size(self, root: int) -> int:
        """Return the number of tasks that wait for ``root``, directly or not."""
        return sum(1 for _ in self.tree(root))


def _wait_of(finder: Waits, task: StructResult) -> Wait | None:
    try:
        return finder.wait_of(task)
    except DAMAGED:
        return None


def knots(graph: Mapping[int, list[int]]) -> list[list[int]]:
    """Return the strongly connected components of a graph that have a cycle, each sorted.

    This is Tarjan's algorithm without recursion: chains of waiters can be long.
    """
    edges = {node: [each for each in targets if each in graph] for node, targets in graph.items()}
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    open_nodes: list[int] = []
    found = []
    for start in edges:
        work = [(start, 0)] if start not in order else []
        while work:
            node, index = work.pop()
            if index == 0:
                order[node] = low[node] = len(order)
                open_nodes.append(node)
            else:
                low[node] = min(low[node], low[edges[node][index - 1]])
            while index < len(edges[node]) and edges[node][index] in order:
                low[node] = min(low[node], low[edges[node][index]])
                index += 1
            if index < len(edges[node]):
                work += [(node, index + 1), (edges[node][index], 0)]
            elif low[node] == order[node]:
                component = _close(open_nodes, node)
                # A closed node must not lower the number of an open one.
                low.update(dict.fromkeys(component, len(edges)))
                if len(component) > 1 or node in edges[node]:
                    found.append(sorted(component))
    return sorted(found)


def _close(open_nodes: list[int], node: int) -> list[int]:
    """Remove the nodes from ``node`` on, and return them."""
    component = [open_nodes.pop()]
    while component[-1] != node:
        component.append(open_nodes.pop())
    return component


def shortest_cycle(graph: Mapping[int, list[int]], group: list[int]) -> list[int]:
    """Return the shortest cycle through the first node of a strongly connected group."""
    inside = set(group)
    start = group[0]
    came_from: dict[int, int] = {}
    queue = [start]
    for node in queue:
        for following in graph[node]:
            if following == start:
                path = [node]
                while path[-1] != start:
                    path.append(came_from[path[-1]])
                return path[::-1]
            if following in inside and following not in came_from:
                came_from[following] = node
                queue.append(following)
    return group
