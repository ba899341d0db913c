# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames from the output of crash's ``bt``: for tasks that run, and for machines and kernels without ORC tables."""

from __future__ import annotations

import re

from crash import addr2sym

from pykdump.linux.btstack import exec_bt
from pykdump.linux.unwind.frames import ExceptionFrame, Frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pykdump.linux.btstack import BTFrame

#     RIP: 0000000000405384  RSP: 00007ffdb7999d20  RFLAGS: 00000206;   x86-64, arm64 and others
_REGISTER = re.compile(r"\b([A-Z][A-Z0-9_]*): +([0-9a-f]{4,16})\b")
_NAMES = {"ORIG_RAX": "orig_ax", "RFLAGS": "flags"}
WORD = 8
_X86_WORD = re.compile(r"R([A-Z]{2})")


def frames_of(task: int) -> tuple[list[Frame], str | None]:
    """Return the frames that ``bt`` prints for a ``struct task_struct *``, and the reason if there is none."""
    for stack in exec_bt(f"bt {task:x}"):
        if stack.addr == task and stack.frames:
            return with_cfas([_frame(frame) for frame in stack.frames]), None
    return [], "bt shows no stack"


def with_cfas(frames: list[Frame]) -> list[Frame]:
    """Add the CFAs: a function's frame ends at the return address of its caller, which bt shows with the caller."""
    found = []
    for frame, caller in zip(frames, [*frames[1:], None]):
        follows = caller is not None and not caller.exact and frame.exception is None and caller.stack > frame.stack
        found.append(frame._replace(cfa=caller.stack + WORD) if follows and caller is not None else frame)
    return found


def _frame(frame: BTFrame) -> Frame:
    registers = parse_registers(frame.data)
    exception = None
    if registers:
        exception = ExceptionFrame(0, registers, _is_user(registers))
    if frame.level == -1:
        return _interrupted(frame, registers)
    offset = frame.offset if frame.offset >= 0 else addr2sym(frame.addr, True)[1]
    stack = frame.frame if frame.frame is not None and frame.frame > 0 else 0
    return Frame(frame.func, offset, frame.module, frame.addr, stack, 0, False, {"ip": frame.addr}, exception)


def _interrupted(frame: BTFrame, registers: dict[str, int]) -> Frame:
    """Return the frame of "[exception RIP: function+offset]", whose registers follow it."""
    address = registers.get("ip", registers.get("pc", 0))
    name = None if frame.func.startswith("unknown") else frame.func
    known = registers or {"ip": address}
    return Frame(name, frame.offset, frame.module, address, 0, 0, True, known, None)


def parse_registers(lines: list[str]) -> dict[str, int]:
    """Return the registers in the lines below a frame, named as the members of ``struct pt_regs`` of x86-64.

    Registers of other machines keep their names, in lower case.
    """
    found = {}
    for line in lines:
        for name, value in _REGISTER.findall(line):
            word = _X86_WORD.fullmatch(name)
            found[_NAMES.get(name) or (word[1] if word else name).lower()] = int(value, 16)
    return found


def _is_user(registers: dict[str, int]) -> bool:
    """Return whether the registers are those of a user program: by x86-64's cs, by arm64's pstate."""
    if "cs" in registers:
        return registers["cs"] & 3 == 3
    return "pstate" in registers and registers["pstate"] & 0xF == 0
