# SPDX-License-Identifier: GPL-3.0-or-later
"""Cycles and forests of made-up waits."""

from __future__ import annotations

import random
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.locks.graph import WaitGraph, knots, shortest_cycle  # noqa: E402
from support.fake_hangs import fake_wait  # noqa: E402


class Finder:
    """Knows what each task waits for."""

    def __init__(self, *waits: Any) -> None:
        self.waits = {int(wait.task): wait for wait in waits}

    def wait_of(self, task: int) -> Any:
        return self.waits.get(int(task))


def graph_of(*waits: Any, start: int | None = None) -> WaitGraph:
    finder: Any = Finder(*waits)
    return WaitGraph(finder, [finder.waits[start]] if start is not None else waits)


def cycles(graph: WaitGraph) -> list[tuple[list[int], bool]]:
    return [([int(wait.task) for wait in cycle], certain) for cycle, certain in graph.deadlocks()]


def test_two_and_three_tasks_in_a_circle() -> None:
    graph = graph_of(fake_wait(2, [1]), fake_wait(1, [2]), fake_wait(5, [3]), fake_wait(3, [4]), fake_wait(4, [5]),
                     fake_wait(9, [1]), fake_wait(8, [7]))  # fmt: skip
    assert sorted(cycles(graph)) == [([1, 2], True), ([3, 4, 5], True)]


def test_a_task_that_waits_for_itself() -> None:
    assert cycles(graph_of(fake_wait(1, [1]))) == [([1], True)]


def test_a_chain_is_followed_to_tasks_that_nobody_asked_for() -> None:
    graph = graph_of(fake_wait(1, [2]), fake_wait(2, [3]), fake_wait(3, [2]), start=1)
    assert cycles(graph) == [([2, 3], True)]


def test_a_circle_with_a_hint_is_not_certain() -> None:
    assert cycles(graph_of(fake_wait(1, [2]), fake_wait(2, [(1, "hint")]))) == [([1, 2], False)]
    assert cycles(graph_of(fake_wait(1, [2]), fake_wait(2, [(1, "possible")]))) == []
    certain = graph_of(fake_wait(1, [2]), fake_wait(2, [1, (3, "hint")]), fake_wait(3, [1]))
    assert cycles(certain) == [([1, 2], True)], "a hint adds nothing to a circle that is certain"


def test_one_of_several_servers_can_go_on() -> None:
    assert cycles(graph_of(fake_wait(1, [2, 3], any_of=True), fake_wait(2, [1]))) == []
    assert cycles(graph_of(fake_wait(1, [2], any_of=True), fake_wait(2, [1]))) == [([1, 2], True)]


def test_the_forest_has_each_task_once() -> None:
    graph = graph_of(fake_wait(1, [9]), fake_wait(2, [1]), fake_wait(3, [1, 2]), fake_wait(4, [3]), fake_wait(6, [5]),
                     fake_wait(5, [6]), fake_wait(7, [5]))  # fmt: skip
    assert graph.roots() == [9, 5]
    assert [(depth, int(wait.task)) for depth, wait in graph.tree(9)] == [(1, 1), (2, 2), (2, 3), (3, 4)]
    assert [(depth, int(wait.task)) for depth, wait in graph.tree(5)] == [(1, 6), (1, 7)]
    assert [(int(wait.task), below) for _, wait, below in graph.counted_tree(9)] == [(1, 3), (2, 0), (3, 1), (4, 0)]
    assert [graph.size(root) for root in (9, 5, 1, 4)] == [4, 2, 3, 0]


def reachable(graph: dict[int, list[int]], start: int) -> set[int]:
    seen: set[int] = set()
    left = [each for each in graph[start] if each in graph]
    while left:
        node = left.pop()
        if node not in seen:
            seen.add(node)
            left += [each for each in graph[node] if each in graph]
    return seen


@pytest.mark.parametrize("seed", range(300))
def test_knots_are_the_sets_of_nodes_that_reach_each_other(seed: int) -> None:
    draw = random.Random(seed)
    size = draw.randint(1, 9)
    graph = {n: [draw.randint(0, size) for _ in range(draw.choice((0, 1, 1, 2, 3)))] for n in range(size)}
    reach = {node: reachable(graph, node) for node in graph}
    expected = {tuple(m for m in graph if m in reach[n] and n in reach[m]) for n in graph if n in reach[n]}
    assert knots(graph) == sorted(map(list, expected))
    for group in knots(graph):
        cycle = shortest_cycle(graph, group)
        assert all(there in graph[here] for here, there in zip(cycle, [*cycle[1:], cycle[0]]))
        assert len(cycle) == len(set(cycle))


def test_a_long_chain_takes_no_recursion() -> None:
    graph = {n: [n + 1] for n in range(20_000)}
    assert knots(graph) == []
    graph[19_999] = [0]
    assert [len(group) for group in knots(graph)] == [20_000]
