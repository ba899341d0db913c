# SPDX-License-Identifier: GPL-3.0-or-later
"""Stack traces: the output of crash's ``bt`` as objects."""

from __future__ import annotations

import re
from collections import defaultdict

from crash import error, exec_crash_command, sym2addr

from pykdump.caches import CU_LIVE, CU_PYMOD, CU_TIMEOUT, memoize_cond
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# PID: 12  TASK: ffff888003  CPU: 1  COMMAND: "name"; a name may contain quotes and line ends.
_TASK = re.compile(r'^PID:\s+(\d+)\s+TASK:\s+([\da-f]+)\s+CPU:\s+(\d+)\s+COMMAND:\s+"((?s:.{0,64}?))"[ \t]*$', re.M)
#  #3 [ffffc90000] schedule at ffffffff81 [module];  START: function at ffffffff81
_FRAME = re.compile(
    r"^\s*(?:#\d+\s+)?(?:\[\s*(?:BSP:)?([\da-f]+)\]|START:)\s+(\S+)(?:\s+\(via\s+([^)]+)\))?\s+at\s+([\da-f]+)"
    r"(?:\s+\(via\s+([^)]+)\))?(?:\s+\[([^]]+)\])?(?:\s+\*)?\s*$"
)
_EXCEPTION = re.compile(r"\[exception RIP: ([^+\]]+)(?:\+(\d+))?\]")


class BTFrame:
    """One function on a stack.

    ``offset`` is the offset of ``addr`` in the function, -1 if there is no symbol. ``level`` is -1 for the RIP of an
    exception. ``data`` are the lines that follow: registers.
    """

    def __init__(self, level: int, func: str, addr: int, offset: int) -> None:
        self.level, self.func, self.addr, self.offset = level, func, addr, offset
        self.frame: int | None = -1
        self.via = ""
        self.module: str | None = None
        self.data: list[str] = []

    def __str__(self) -> str:
        data = f", {len(' '.join(self.data))} bytes of data" if self.data else ""
        return self._title() + data + self._via()

    def __repr__(self) -> str:
        return "\n".join([self._title() + self._via(), *self.data])

    def _title(self) -> str:
        place = f"{self.offset:+#x}" if self.offset != -1 else f" {self.addr:#x}"
        return f"  #{self.level:<2d}  {self.func}{place}"

    def _via(self) -> str:
        return f" , (via {self.via})" if self.via else ""

    def simplerepr(self) -> str:
        """Return level and function."""
        return f"  #{self.level:<2d}  {self.func}"

    def fullstr(self) -> str:
        """Return everything that is known of the frame, in several lines."""
        return (
            f"\n** Frame details **\n  #{self.level} func=<{self.func}>  via=<{self.via}>\n"
            f"      addr={self.addr:#x}  offset={self.offset}"
        )


class BTStack:
    """The stack of one thread: ``pid`` is its TID, ``addr`` its ``struct task_struct *``, ``frames`` are BTFrames."""

    def __init__(self, pid: int, addr: int, cpu: int, cmd: str) -> None:
        self.pid, self.addr, self.cpu, self.cmd = pid, addr, cpu, cmd
        self.frames: list[BTFrame] = []

    def _text(self, frames: Iterable[str]) -> str:
        return "\n".join([f"\nPID={self.pid}  CPU={self.cpu} CMD={self.cmd}", *frames])

    def __str__(self) -> str:
        return self._text(map(str, self.frames))

    def __repr__(self) -> str:
        return self._text(map(repr, self.frames))

    def __lt__(self, other: BTStack) -> bool:
        return self.pid < other.pid

    def simplerepr(self) -> str:
        """Return a line for each function."""
        return "\n".join(frame.simplerepr() for frame in self.frames)

    def hasfunc(self, func: str | re.Pattern[str], reverse: bool = False) -> tuple[int, str] | bool:
        """Return (index of frame, matching text) for the first function that matches a regular expression, or False.

        The search begins at the innermost function, with ``reverse`` at the outermost one.
        """
        wanted = re.compile(func)
        for number, frame in enumerate(reversed(self.frames) if reverse else self.frames):
            match = wanted.search(frame.func) or wanted.search(frame.via)
            if match:
                return number, match[0]
        return False

    def getSimpleSignature(self) -> str:
        """Return a text that is equal for stacks with the same functions."""
        return "/".join(frame.func for frame in self.frames)

    def getFullSignature(self) -> str:
        """Return a text that is equal for stacks with the same functions, offsets and data."""
        return "\n".join(map(repr, self.frames))


def _frame(line: str, level: int, live: bool) -> BTFrame | None:
    """Return the frame that begins in this line, None if the line is something else."""
    match = _FRAME.match(line)
    if match:
        stack, func, via, addr, via_after, module = match.groups()
        symbol = sym2addr(func) if live else 0
        address = int(addr, 16)
        frame = BTFrame(level, func, address, address - symbol if symbol else -1)
        frame.frame = int(stack, 16) if stack else None
        frame.via, frame.module = via or via_after or "", module
        return frame
    match = _EXCEPTION.search(line)
    return BTFrame(-1, match[1], -1, int(match[2] or 0)) if match else None


def parse_bt(text: str, live: bool = True) -> Iterator[BTStack]:
    """Yield the stacks in the output of ``bt``. ``live``: this session printed it, so that its symbols can be used."""
    headings = list(_TASK.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    for heading, end in zip(headings, ends):
        pid, addr, cpu, cmd = heading.groups()
        stack, level = BTStack(int(pid), int(addr, 16), int(cpu), cmd), 0
        for line in text[heading.end() : end].splitlines():
            frame = _frame(line, level, live)
            if frame is not None:
                stack.frames.append(frame)
                level += frame.level != -1
            elif stack.frames and line:
                stack.frames[-1].data.append(line)
        yield stack


@memoize_cond(CU_LIVE | CU_PYMOD | CU_TIMEOUT)
def exec_bt(crashcmd: str | None = None, text: str | None = None, bg: bool = False) -> list[BTStack]:
    """Return the stacks that a crash command prints ("bt", "bt 1", "foreach bt"), or the stacks in ``text``.

    If crash fails, pylog reports it and the result has the stacks up to that point. ``bg`` has no effect; old programs
    pass it.
    """
    if crashcmd is not None:
        try:
            text = exec_crash_command(crashcmd)
        except error as problem:
            pylog.warning(f"Crash error executing {crashcmd!r}")
            text = str(problem)
    return list(parse_bt(text or "", crashcmd is not None))


class fastSubroutineStacks:
    """The functions on all stacks: who is in which one.

    ``funcpids`` is {function: {TID, ...}}, ``functasks`` is {function: {``struct task_struct *``, ...}}, and
    ``alltaskaddrs`` has the ``struct task_struct *`` of all threads.
    """

    def __init__(self) -> None:
        self.funcpids: defaultdict[str, set[int]] = defaultdict(set)
        self.functasks: defaultdict[str, set[int]] = defaultdict(set)
        self.alltaskaddrs: list[int] = []
        for stack in exec_bt("foreach bt"):
            self.alltaskaddrs.append(stack.addr)
            for frame in stack.frames:
                self.funcpids[frame.func].add(stack.pid)
                self.functasks[frame.func].add(stack.addr)

    def find_pids_byfuncname(self, funcnames: str | re.Pattern[str]) -> set[int]:
        """Return the TIDs of the threads that are in one of the functions.

        ``funcnames`` is "name1 | name2" or a compiled regular expression that matches the start of a name.
        """
        if isinstance(funcnames, str):
            wanted = [name.strip() for name in funcnames.split("|")]
        else:
            wanted = [name for name in self.funcpids if funcnames.match(name)]
        return set().union(*(self.funcpids.get(name, ()) for name in wanted))


def verifyFastSet(dset: set[int], func: str | re.Pattern[str]) -> None:
    """Remove those TIDs from a set whose stack has no function that matches a regular expression."""
    for pid in list(dset):
        if not any(stack.hasfunc(func) for stack in exec_bt(f"bt {pid}")):
            dset.discard(pid)
