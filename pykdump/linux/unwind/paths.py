# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways through stacks that were walked before.

Threads that wait for the same have the same functions on their stacks, and then mostly each return address at the same
distance from the saved sp. Following a known way takes a look at each return address and no rule.
"""

from __future__ import annotations

from pykdump.linux.unwind import orc
from pykdump.linux.unwind.forms import FrameForm
from pykdump.linux.unwind.words import USER_MODE, WORD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pykdump.linux.unwind.frames import Step
    from pykdump.linux.unwind.words import SavedRegisters, Words

MAX_PLACES = 1 << 18  # a dump with more different stacks than that gains nothing


class Place:
    """A return address on a way: ``following`` are the places to which it may lead, by their return addresses.

    ``next`` is the index of the next return address. At the end of a way it is None: there ``functions`` are those of
    the whole way, and ``selector`` is the index of the user's code segment, None for a thread of the kernel.
    ``needed`` words have to be there.

    A function with a frame pointer has ``bp``, the index of the word that holds it. Its places follow by the distance
    of the frame pointer from the saved sp: __schedule() aligns its frame, so there are several.
    """

    __slots__ = ("bp", "following", "form", "functions", "needed", "next", "selector")

    def __init__(self) -> None:
        self.following: dict[int, Place] = {}
        self.next: int | None = None
        self.functions: tuple[str, ...] = ()
        self.form: FrameForm | None = None
        self.selector: int | None = None
        self.bp: int | None = None
        self.needed = 0


class Paths:
    """All known ways. The innermost return address and the saved bp are at these indexes, from the saved sp on.

    ``saved`` are the registers that are there.
    """

    def __init__(self, first: int, saved_bp: int, saved: SavedRegisters) -> None:
        self._first = first
        self._saved = saved
        self._saved_bp = saved_bp
        self._root = Place()
        self._places = 0

    def find(self, words: Words) -> Place | None:
        """Return the end of the way of a stack if it is known, otherwise None."""
        data, place, index = words.data, self._root, self._first
        try:
            while True:
                place = place.following[data[index]]
                if place.bp is not None:
                    place = place.following[data[place.bp] - words.low]
                if place.next is None:
                    break
                index = place.next
        except LookupError:
            return None
        if place.needed > len(data):
            return None
        if place.selector is not None and data[place.selector] & USER_MODE != USER_MODE:
            return None
        return place

    def learn(self, words: Words, steps: Sequence[Step], functions: tuple[str, ...]) -> None:
        """Remember the way of a complete walk, if each CFA can be found again by the distances from the saved sp."""
        if self._places > MAX_PLACES or words.low % WORD or not all(map(_is_fixed, steps)):
            return
        place, needed, bp_index, bps = self._root, 0, self._saved_bp, []
        for step in steps:
            rule = step.rule
            bps.append(bp_index)
            place = self._at(place, step.address)
            if rule.sp_register == orc.BP:
                place.bp = bp_index
                place = self._at(place, (step.bp or 0) - words.low)
            if rule.kind == orc.CALL:
                place.next = (step.cfa - WORD - words.low) // WORD
            if rule.bp_register == orc.PREV_SP:
                bp_index = (step.cfa + rule.bp_offset - words.low) // WORD
        last = steps[-1].received
        if last is not None:
            place.selector, needed = last.members.extent(words, last.address)
        place.functions, place.needed = functions, needed
        if steps[0].bp is not None:
            place.form = FrameForm(words.low, steps, bps, self._saved)

    def _at(self, place: Place, key: int) -> Place:
        found = place.following.get(key)
        if found is None:
            found = place.following[key] = Place()
            self._places += 1
        return found


def _is_fixed(step: Step) -> bool:
    """Return whether a step is the same for all stacks with this return address at this place."""
    rule = step.rule
    if rule.kind == orc.END:
        return True
    if rule.sp_register not in (orc.SP, orc.BP) or step.exact:
        return False
    if rule.kind == orc.CALL:
        # The walk also reads the caller's bp: it has to be below the return address, which is there.
        return rule.bp_register == orc.UNDEFINED or (rule.bp_register == orc.PREV_SP and rule.bp_offset < 0)
    return step.received is not None and step.received.registers is None
