# SPDX-License-Identifier: GPL-3.0-or-later
"""Registers at the entry of functions, as attributes of the frames that ``exec_bt()`` returns."""

from __future__ import annotations

from crash import error, exec_gdb_command

from pykdump.linux.stacks import stack_of
from pykdump.linux.x86.entry_registers import Entry, recover

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pykdump.linux.btstack import BTStack

_LEGACY = ("RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RBP", "RSP")
_NEW = tuple([f"R{number}" for number in range(8, 16)])
REG64 = (*_LEGACY, *_NEW)
REG32 = (*[f"E{name[1:]}" for name in _LEGACY], *[f"{name}D" for name in _NEW])
REG16 = (*[name[1:] for name in _LEGACY], *[f"{name}W" for name in _NEW])
REG8 = ("AL", "BL", "CL", "DL", "SIL", "DIL", "BPL", "SPL", *[f"{name}B" for name in _NEW])
CERTAIN, LIKELY = 0, 1


def search_for_registers(s: BTStack, routine: str = "") -> None:
    """Give the frames of a stack the attributes ``reg``, ``lookup_regs`` and ``from_func``.

    ``reg`` is {register: (value, confidence)}, with names such as "RDI". The confidence is 0 for a value that is sure,
    and 1 for a likely one. It is empty for a function whose name does not include ``routine``. ``from_func`` says in
    words who called the function. ``lookup_regs`` is False where an exception entered it.
    """
    entries = {(entry.frame.address, entry.frame.stack): entry for entry in _entries(s.addr)}
    for frame, caller in zip(s.frames, [*s.frames[1:], None]):
        entry = entries.get((frame.addr, frame.frame or 0)) if routine in frame.func else None
        frame.reg = _named(entry) if entry is not None else {}  # type: ignore[attr-defined]
        frame.lookup_regs = caller is not None and caller.level != -1  # type: ignore[attr-defined]
        if caller is None:
            frame.from_func = ""  # type: ignore[attr-defined]
        elif caller.level == -1:
            frame.from_func = f"entered by exception at <{caller.func}+{caller.offset}>"  # type: ignore[attr-defined]
        else:
            place = f"{caller.addr:#x} <{caller.func}+{caller.offset}>"
            frame.from_func = f"called from {place}"  # type: ignore[attr-defined]


def _entries(task: int) -> list[Entry]:
    try:
        return recover(stack_of(task))
    except LookupError:
        return []


def _named(entry: Entry) -> dict[str, tuple[int, int]]:
    """Return {"RDI": (value, confidence)}. Programs are not told where only some of the bytes are known."""
    return {
        f"R{name.upper()}" if not name.startswith("r") else name.upper(): (
            known.value,
            CERTAIN if known.sure else LIKELY,
        )
        for name, known in entry.registers.items()
    }


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
