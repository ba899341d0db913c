# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports on hanging tasks (LinuxDump.Analysis): lists of PIDs, warnings of hangs and of memory pressure."""

from __future__ import annotations

import re
import textwrap

from pykdump.linux.arguments import arguments_of
from pykdump.linux.btstack import verifyFastSet
from pykdump.linux.locks import Waits
from pykdump.linux.stacks import stack_of
from pykdump.linux.tasks import Task, TaskTable
from pykdump.linux.x86.entry_registers import recover
from pykdump.linux.x86.opcodes import ARGUMENTS, NAMES
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from pykdump.linux.locks import Cause, Wait
    from pykdump.linux.x86.entry_registers import Entry

    # (ms since it ran, task)
    Row = tuple[int, Task]

OLD_MS = 120_000
MANY_THREADS = 20
STRUCT_POINTER = re.compile(r"(?:const )?(struct \w+) \*")
MEMORY_FUNCTIONS = "shrink_zones | shrink_node | shrink_all_zones | shrink_zone | balance_dirty_pages"


def _rows(pids: Iterable[int], statefilter: Collection[str] | None) -> list[Row]:
    """Return the threads with these TIDs, those that ran last first."""
    table = TaskTable()
    found = [task for task in map(table.getByTid, pids) if task is not None]
    return sorted(((t.Ran_ago, t) for t in found if not statefilter or t.state_code in statefilter),
                  key=lambda row: (row[0], row[1].pid))  # fmt: skip


def _halves(rows: Sequence[Row], limit: int) -> tuple[Sequence[Row], Sequence[Row]]:
    """Return the first and the last of ``limit`` rows. The second part is empty if all rows are in the first one."""
    if len(rows) <= limit:
        return rows, ()
    first = limit // 2
    return rows[:first], rows[len(rows) - (limit - first) :]


def print_pidlist(
    pids: Collection[int],
    title: str = "",
    verbose: bool = False,
    maxpids: int = 10,
    sortbytime: bool = True,
    statefilter: Collection[str] | None = None,
) -> None:
    """Print the number of threads, the youngest and the oldest one, and at most ``maxpids`` of them.

    ``pids`` are TIDs. With ``sortbytime`` those that ran last come first, else those with the lowest TID. ``verbose``
    prints a line for each. ``statefilter`` has codes of states such as "UN".
    """
    rows = _rows(pids, statefilter)
    if not rows:
        if pids:
            print("  no Pids")
        return
    (youngest, first), (oldest, last) = rows[0], rows[-1]
    print(f"    ... {len(rows)} pids. Youngest,oldest: {first.pid}, {last.pid}  Ran ms ago: {youngest}, {oldest}")
    if maxpids < 1:
        return
    if len(rows) > maxpids:
        print(f"        printing {maxpids} out of {len(rows)}")
    print("        sorted by " + ("ran_ago, youngest first" if sortbytime else "pid"))
    if not sortbytime:
        rows.sort(key=lambda row: row[1].pid)
    _print_rows(*_halves(rows, maxpids), len(rows), title, verbose)


def _print_rows(begin: Sequence[Row], end: Sequence[Row], count: int, title: str, verbose: bool) -> None:
    skipped = f"<{count - len(begin) - len(end)} skipped>"
    if not verbose:
        words = [str(t.pid) for _, t in begin] + ([skipped] if end else []) + [str(t.pid) for _, t in end]
        print(textwrap.fill(f"{title}[{', '.join(words)}]", initial_indent=" " * 6, subsequent_indent=" " * 7))
        return
    if title:
        print(f"      {title}")
    print("         TID  CMD               CPU  Ran ms ago  STATE")
    for part in (begin, end):
        for ago, task in part:
            print(f"    {task.pid:8d}  {task.comm!s:15s}  {task.cpu:4d}  {ago:10d}  {task.state_code}")
        if part is begin and end:
            print(f"    {skipped:>8s}")


def check_possible_hang() -> int:
    """Return how many of the ten oldest uninterruptible threads have not run for two minutes; warn if several."""
    ages = sorted(t.Ran_ago for t in TaskTable().allThreads() if t.state_code == "UN")
    old = sum(age > OLD_MS for age in ages[-10:])
    if old > 1:
        pylog.warning("Possible hang")
    return old


def check_memory_pressure(_funcpids: Callable[[str], set[int]]) -> bool:
    """Return whether threads reclaim memory: one that is uninterruptible, or many; warn if so.

    ``_funcpids`` is find_pids_byfuncname() of LinuxDump.BTstack.fastSubroutineStacks.
    """
    states = _states(_funcpids, MEMORY_FUNCTIONS)
    if "UN" not in states and sum(states.values()) <= MANY_THREADS:
        return False
    pylog.warning("Memory pressure detected")
    print(f"  *** {MEMORY_FUNCTIONS} ***")
    for state, number in states.items():
        print(f"   {number:4d} in {state} state")
    return True


def check_hanging_nfsd(_funcpids: Callable[[str], set[int]]) -> bool:
    """Return whether a thread of the NFS server is uninterruptible; warn if so."""
    if "UN" not in _states(_funcpids, "nfsd"):
        return False
    pylog.warning("Hanging nfsd threads")
    return True


def _states(find: Callable[[str], set[int]], functions: str) -> dict[str, int]:
    """Return {state: number} of the threads that are in one of the functions."""
    tids = set(find(functions))
    if tids and len(tids) < 100:
        verifyFastSet(tids, functions.replace(" ", ""))
    found: dict[str, int] = {}
    for task in map(TaskTable().getByTid, tids):
        if task is not None:
            found[task.state_code] = found.get(task.state_code, 0) + 1
    return found


def check_saphana() -> int:
    """Return 2 if SAP HANA runs on the machine, 1 if another SAP system does, else 0."""
    table = TaskTable()
    if not table.getByComm("sapstart"):
        return 0
    return 2 if table.getByComm("hdbindexserver") else 1


def print_wait_for_AF_UNIX(v: int = 0) -> None:
    """Print the AF_UNIX sockets for which threads wait, with the process that has the socket; all threads if ``v``."""
    found: dict[int, tuple[Cause, list[Wait]]] = {}
    for wait in Waits().waiters(verbose=True):
        if wait.cause.kind == "unix-socket" and wait.cause.address:
            found.setdefault(id(wait.cause), (wait.cause, []))[1].append(wait)
    for cause, waits in found.values():
        print(f" -- Socket we wait for: <struct unix_sock {cause.address:#x}> {cause.name}")
        owners = sorted((Task(blocker.task) for blocker in cause.blockers), key=lambda task: task.Ran_ago)
        if owners:
            youngest, ago = owners[0], owners[0].Ran_ago / 1000
            about = f"<{youngest.comm}> pid={youngest.pid}({youngest.state_code}) ran {ago:5.2f}s ago"
            print(f"   Youngest process with this socket {about}")
        print(f"   ...  {len(waits)} tasks waiting for this socket")
        for wait in sorted(waits, key=lambda each: each.task.pid) if v > 0 else ():
            print(f"     pid={wait.task.pid:7d}   CMD={wait.task.comm}")


def get_tentative_arg(pid: int, funcname: str, argN: int) -> int | None:
    """Return the argument with the number ``argN`` (from 0) of a function on a thread's stack, None if it is not found.

    The name of the function has ``funcname`` in it; of several such functions the outermost one counts. The value is
    what the register had at the entry. It may be only likely, as fregs shows it.
    """
    found = None
    for entry in _entries(pid):
        known = entry.registers.get(NAMES[ARGUMENTS[argN]]) if funcname in (entry.frame.function or "") else None
        found = known.value if known is not None else found
    return found


def get_interesting_arguments(
    pid: int, re_funcnames: re.Pattern[str], re_ctypes: re.Pattern[str]
) -> Iterator[tuple[str, str, int]]:
    """Yield (function, "struct x", address) of the arguments of a thread's functions that point to a struct.

    Both the name of the function and the type of the argument have to match.
    """
    for entry in _entries(pid):
        function = entry.frame.function
        if not function or not re_funcnames.search(function):
            continue
        for argument in arguments_of(entry) or ():
            pointer = STRUCT_POINTER.fullmatch(argument.ctype)
            if pointer and argument.value is not None and re_ctypes.search(argument.ctype):
                yield function, pointer[1], argument.value


def _entries(pid: int) -> list[Entry]:
    """Return the functions on the stack of the thread with this TID, except those that an exception entered."""
    task = TaskTable().getByTid(pid)
    try:
        entries = recover(stack_of(int(task.ts))) if task is not None else []
    except LookupError:
        return []
    return [entry for entry in entries if entry.frame.exception is None]
