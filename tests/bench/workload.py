# SPDX-License-Identifier: GPL-3.0-or-later
"""The work that is the same on both sides of the benchmark: inside crash (ours.py) and in drgn (peer.py).

Each side is one process that measures every row once, in microseconds; main.py starts both several times, in turn.
What is compared is CPU time: the dump is in memory, so that an idle machine's clock says the same, and a busy one's
would say how busy it was. It is the calling thread's: gdb reads DWARF in threads of its own while crash starts.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from pathlib import Path

FIELD_READS = 100_000
PAGES = 16_384  # struct pages of the first 64 MiB: any dump has them
WALKS = 20
WORD_READS = 100_000
TOUCHED_PAGES = 512  # fits in the page caches of both sides
TOUCH_AGAIN = 50
BULK_READS = 400
COMMANDS = 100
COMMAND = "sym jiffies"
LAYOUTS = 200
PAGE_SIZE = 4096
KIB = 1024
STATE_MEMBERS = ("__state", "state")  # commit 2f064a59a11f ("sched: Change task_struct::state", v5.14)
# Each is global and unique in all kernels of the last years.
SYMBOLS = (
    "init_task", "tasklist_lock", "vfs_read", "vfs_write", "schedule", "init_mm", "tcp_sendmsg", "vfs_fsync",
    "wake_up_process", "vfs_statx", "modules", "init_uts_ns", "saved_command_line", "linux_banner", "do_exit", "kfree",
)  # fmt: skip


def structs() -> list[tuple[str, str]]:
    """Return the names of structs of a distribution's kernel, each with one member. A kernel may lack some."""
    lines = Path(__file__).with_name("structs.txt").read_text(encoding="utf-8").splitlines()
    return [(name, member) for name, _, member in (line.partition(" ") for line in lines)]


def per_call(work: Callable[[], object], calls: int, clock: Callable[[], int] = time.thread_time_ns) -> float:
    """Return the microseconds of one call. ``work()`` makes ``calls`` of them."""
    begin = clock()
    work()
    return (clock() - begin) / calls / 1000


def layouts(offset_of: Callable[[str, str], int | None]) -> dict[str, tuple[float, int]]:
    """Return {name: (us, offset)}: the time of the first question for a struct's layout, and the member's offset."""
    found = {}
    for name, member in structs():
        begin = time.thread_time_ns()
        offset = offset_of(name, member)
        spent = (time.thread_time_ns() - begin) / 1000
        if offset is not None:
            found[name] = (spent, offset)
    return found


def words(start: int, step: int = 8, count: int = WORD_READS) -> range:
    """Return addresses with a distance of ``step``."""
    return range(start, start + step * count, step)


def save(path: str, about: str, rows: dict[str, float], facts: dict[str, object], found: object) -> None:
    """Write the measurements of one process. ``facts`` are results that must be equal on both sides."""
    text = json.dumps({"about": about, "rows": rows, "facts": facts, "layouts": found})
    Path(path).write_text(text, encoding="utf-8")


def digest(numbers: Iterable[int]) -> int:
    """Return a sum that every JSON reader can represent."""
    return sum(numbers) % (1 << 53)
