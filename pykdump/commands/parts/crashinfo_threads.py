# SPDX-License-Identifier: GPL-3.0-or-later
"""What crashinfo shows of all threads: their states, who ran last, who waits longest, and groups of equal stacks."""

from __future__ import annotations

from pykdump.commands.parts import crashinfo_records as records
from pykdump.commands.parts.stacks import ThreadStack, frame_records, stack_of
from pykdump.linux.stacks import frames_of, functions_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

    from pykdump.linux.processes.thread_facts import ThreadFacts

RECENT_THREADS = 5
LONGEST_WAITING = 3


def recent_threads(threads: Iterable[ThreadFacts]) -> Iterator[records.ThreadAge]:
    """Yield the threads that ran most recently, idle threads left out."""
    ages = sorted((thread.Ran_ago, thread.pid, thread) for thread in threads if thread.pid)
    for ago, tid, thread in ages[:RECENT_THREADS]:
        yield records.ThreadAge(tid, thread.comm, thread.state_code, thread.cpu, ago)


def thread_states(threads: Iterable[ThreadFacts]) -> Iterator[records.StateThreads]:
    """Yield how many threads are in each state."""
    counts: dict[str, int] = {}
    for thread in threads:
        counts[thread.state_code] = counts.get(thread.state_code, 0) + 1
    for state in sorted(counts):
        yield records.StateThreads(state, counts[state])


def longest_waiting(threads: Iterable[ThreadFacts]) -> Iterator[ThreadStack]:
    """Yield the stacks of the threads that have waited longest in state UN."""
    waiting = sorted((thread for thread in threads if thread.state_code == "UN"), key=lambda each: -each.Ran_ago)
    for thread in waiting[:LONGEST_WAITING]:
        yield stack_of(thread)


def stack_groups(threads: Iterable[ThreadFacts]) -> Iterator[records.StackGroup]:
    """Yield threads with the same functions on their stacks, the largest group first.

    The stacks themselves are not kept: only that of one thread of each group is read again.
    """
    groups: dict[tuple[str, ...], list[ThreadFacts]] = {}
    for thread in threads:
        groups.setdefault(functions_of(thread), []).append(thread)
    for members in sorted(groups.values(), key=len, reverse=True):
        members.sort(key=lambda member: -member.Ran_ago)
        yield records.StackGroup(
            threads=len(members),
            tids=tuple(member.pid for member in members),
            states=tuple(sorted({member.state_code for member in members})),
            oldest_ms=members[0].Ran_ago,
            youngest_ms=members[-1].Ran_ago,
            frames=frame_records(frames_of(int(members[0]))[0]),
        )


def stacks_with(pattern: re.Pattern[str], threads: Iterable[ThreadFacts]) -> Iterator[ThreadStack]:
    """Yield the stacks with a function whose name matches."""
    for thread in threads:
        if any(map(pattern.search, functions_of(thread))):
            yield stack_of(thread)
