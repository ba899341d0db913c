# SPDX-License-Identifier: GPL-3.0-or-later
"""Registers at the entry of functions, as attributes of the frames that ``exec_bt()`` returns."""

from __future__ import annotations

from crash import error, exec_gdb_command

from pykdump.linux.stacks import stack_of
from pykdump.linux.x86.effects import RETURN_ADDRESS
from pykdump.linux.x86.entry_registers import Entry, recover
from pykdump.linux.x86.kernel_code import flow_of, function_start
from pykdump.linux.x86.opcodes import NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

    from pykdump.linux.btstack import BTFrame, BTStack

_LEGACY = ("RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RBP", "RSP")
_NEW = tuple([f"R{number}" for number in range(8, 16)])
REG64 = (*_LEGACY, *_NEW)
REG32 = (*[f"E{name[1:]}" for name in _LEGACY], *[f"{name}D" for name in _NEW])
REG16 = (*[name[1:] for name in _LEGACY], *[f"{name}W" for name in _NEW])
REG8 = ("AL", "BL", "CL", "DL", "SIL", "DIL", "BPL", "SPL", *[f"{name}B" for name in _NEW])
CERTAIN, LIKELY = 0, 1
_WORD = 8


def search_for_registers(s: BTStack, routine: str | re.Pattern[str] = "") -> list[BTFrame]:
    """Give the frames of a stack the attributes ``reg``, ``lookup_regs``, ``from_func`` and ``sp``.

    ``reg`` is {register: (value, confidence)}, with names such as "RDI". The confidence is 0 for a value that is sure,
    and 1 for a likely one. It is empty for a function in whose name ``routine`` is not found. ``from_func`` says in
    words who called the function. ``lookup_regs`` is False where an exception entered it. ``sp`` is where the return
    address of the function is. Returns the frames in whose name ``routine`` is found, but not the outermost one.
    """
    entries = {(entry.frame.address, entry.frame.stack): entry for entry in _entries(s.addr)}
    found = []
    for frame, caller in zip(s.frames, [*s.frames[1:], None]):
        wanted = routine in frame.func if isinstance(routine, str) else bool(routine.search(frame.func))
        if wanted and caller is not None:
            found.append(frame)
        entry = entries.get((frame.addr, frame.frame or 0)) if wanted else None
        frame.reg = _named(entry) if entry is not None else {}  # type: ignore[attr-defined]
        frame.sp = caller.frame if caller is not None else None  # type: ignore[attr-defined]
        frame.lookup_regs = caller is not None and caller.level != -1  # type: ignore[attr-defined]
        if caller is None:
            frame.from_func = ""  # type: ignore[attr-defined]
        elif caller.level == -1:
            frame.from_func = f"entered by exception at <{caller.func}+{caller.offset}>"  # type: ignore[attr-defined]
        else:
            place = f"{caller.addr:#x} <{caller.func}+{caller.offset}>"
            frame.from_func = f"called from {place}"  # type: ignore[attr-defined]
    return found


def extract_registers(frame: BTFrame, stack: Mapping[int, int]) -> None:
    """Add to ``frame.reg`` the registers that the function of a frame has saved on the stack since its entry.

    ``stack`` is {address: word}; search_for_registers() sets ``frame.sp``. A frame that an exception entered has none.
    """
    start = function_start(frame.func, frame.addr, frame.offset)
    flow = flow_of(start) if start is not None else None
    call = flow.call_before(frame.addr) if flow is not None else None
    state = flow.state_at(call.address) if flow is not None and call is not None else None
    place = getattr(frame, "sp", None)
    if flow is None or state is None or place is None:
        return
    for offset, (width, value) in state.slots.items():
        address = place - RETURN_ADDRESS + offset
        if value[0] == "in" and width == _WORD and address in stack:
            confidence = CERTAIN if flow.complete else LIKELY
            frame.reg[_old_name(NAMES[value[1]])] = stack[address], confidence  # type: ignore[attr-defined]


def _entries(task: int) -> list[Entry]:
    try:
        return recover(stack_of(task))
    except LookupError:
        return []


def _named(entry: Entry) -> dict[str, tuple[int, int]]:
    """Return {"RDI": (value, confidence)}. Programs are not told where only some of the bytes are known."""
    return {
        _old_name(name): (known.value, CERTAIN if known.sure else LIKELY) for name, known in entry.registers.items()
    }


def _old_name(name: str) -> str:
    """Return "RDI" for "di", "R8" for "r8"."""
    return name.upper() if name.startswith("r") else f"R{name.upper()}"


def disasm(addr: int | str, nlines: int) -> str:
    """Return ``nlines`` instructions as gdb's command x/i prints them."""
    return exec_gdb_command(f"x/{nlines}i {addr}")


class DisasmFlavor:
    """``with DisasmFlavor("intel"):`` sets gdb's flavour of assembly language, and at the end the old one again."""

    def __init__(self, flavor: str = "att") -> None:
        self.flavor = flavor
        self.oldflavor = "att"

    def __enter__(self) -> DisasmFlavor:
        try:
            shown = exec_gdb_command("show disassembly-flavor").split('"')
        except error:
            shown = []
        self.oldflavor = shown[1] if len(shown) > 1 else self.oldflavor
        exec_gdb_command(f"set disassembly-flavor {self.flavor}")
        return self

    def __exit__(self, *_failure: object) -> None:
        exec_gdb_command(f"set disassembly-flavor {self.oldflavor}")
