# SPDX-License-Identifier: GPL-3.0-or-later
"""The frames of stacks whose way is known: only what differs between such stacks is read."""

from __future__ import annotations

from typing import NamedTuple

from pykdump.linux.unwind.frames import ExceptionFrame, Frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pykdump.linux.unwind.frames import Step
    from pykdump.linux.unwind.words import SavedRegisters, Words


class _Row(NamedTuple):
    """One frame. ``stack``, ``cfa`` and ``sp`` are distances from the saved sp; ``cfa`` is 0 if there is none.

    ``bp`` is the index of the word that holds bp.
    """

    function: str | None
    offset: int
    module: str | None
    address: int
    stack: int
    cfa: int
    sp: int
    bp: int


class FrameForm:
    """The frames of all stacks of a way. ``bps`` are for each step the index of the word that holds bp.

    ``saved`` are the registers that a task has saved when it was switched out.
    """

    __slots__ = ("_received", "_rows", "_saved")

    def __init__(self, low: int, steps: Sequence[Step], bps: Sequence[int], saved: SavedRegisters) -> None:
        self._saved = saved
        self._rows = [
            _Row(
                step.rule.function, step.rule.offset, step.rule.module, step.address, step.stack - low,
                step.cfa and step.cfa - low, step.sp - low, bp,
            )
            for step, bp in zip(steps, bps)
        ]  # fmt: skip
        last = steps[-1].received
        self._received = (last.members, last.address - low) if last is not None else None

    def first(self, words: Words) -> tuple[int, dict[str, int]]:
        """Return the CFA (0 if there is none) and the registers of the innermost frame."""
        low, row = words.low, self._rows[0]
        registers = self._saved.read(words, low)
        registers["ip"], registers["sp"], registers["bp"] = row.address, low + row.sp, words.data[row.bp]
        return row.cfa and low + row.cfa, registers

    def received(self, words: Words) -> Iterable[int]:
        """Return the registers of the user program in the order of the frames' own, none for a kernel thread."""
        if self._received is None:
            return ()
        members, distance = self._received
        return members.read(words, words.low + distance).values()

    def frames(self, words: Words) -> list[Frame]:
        """Return the frames of a stack that has this way; the registers of a user program are at its end."""
        low, data = words.low, words.data
        found = [
            Frame(
                function, offset, module, address, low + stack, cfa and low + cfa, False,
                {"ip": address, "sp": low + sp, "bp": data[bp]}, None,
            )
            for function, offset, module, address, stack, cfa, sp, bp in self._rows
        ]  # fmt: skip
        found[0] = found[0]._replace(registers=self.first(words)[1])
        if self._received is not None:
            members, distance = self._received
            start = low + distance
            found[-1] = found[-1]._replace(exception=ExceptionFrame(start, members.read(words, start), True))
        return found
