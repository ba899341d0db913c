# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's log, read from the printk ring buffer ``struct printk_ringbuffer *prb``.

The ring buffer exists since commit 896fbe20b4e2 ("printk: use the lockless ringbuffer", v5.10); its layout is
described in kernel/printk/printk_ringbuffer.c. A ring of descriptors has the state of each record, and its place in a
ring of text.
"""

from __future__ import annotations

from crash import Addr, enumerator_value, error, readmem, readPtr, readSU, struct_size, sym2addr

from pykdump.c_integers import LONG_MASK, PTR_SIZE
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

NANOSECONDS = 1_000_000_000
MAX_RECORDS = 1 << 24
CALLER_IS_CPU = 0x8000_0000  # kernel/printk/printk.c, printk_caller_id()
# enum log_flags, kernel/printk/printk.c: the text continues the line of the record before.
LOG_CONT = 8
# The two highest bits of desc->state_var are the state (enum desc_state), the other bits are the ID.
STATE_SHIFT = 8 * PTR_SIZE - 2
ID_MASK = (1 << STATE_SHIFT) - 1


class LogRecord:
    """One record of the log.

    ``ts_nsec`` is its time by the printk clock (local_clock()) in ns, ``level`` 0 (emergency) to 7 (debug). ``caller``
    is "T123" (thread) or "C1" (CPU, in an interrupt). ``subsystem`` and ``device`` are what dev_printk() adds, None
    without it. ``text`` may have more than one line.
    """

    __slots__ = ("caller", "device", "facility", "flags", "level", "seq", "subsystem", "text", "ts_nsec")

    def __init__(self, info: StructResult, text: str) -> None:
        self.seq = int(info.seq)
        self.ts_nsec = int(info.ts_nsec)
        self.level = int(info.level)
        self.facility = int(info.facility)
        self.flags = int(info.flags)
        self.caller = _caller(int(info.caller_id))
        self.subsystem = str(info.dev_info.subsystem) or None
        self.device = str(info.dev_info.device) or None
        self.text = text

    @property
    def seconds(self) -> float:
        """The time by the printk clock in seconds."""
        return self.ts_nsec / NANOSECONDS

    @property
    def continues(self) -> bool:
        """Whether the text continues the line of the record before."""
        return bool(self.flags & LOG_CONT)


def _caller(caller_id: int) -> str:
    return f"C{caller_id & ~CALLER_IS_CPU}" if caller_id & CALLER_IS_CPU else f"T{caller_id}"


def log_records() -> Iterator[LogRecord]:
    """Yield each record of the log, the oldest first.

    A record whose descriptor or text is not in the dump is reported through pylog, and the others follow. Raises
    TypeError if the kernel has no ring buffer of this kind, crash.error if the buffer itself cannot be read.
    """
    pointer = sym2addr("prb")
    if not pointer:
        raise TypeError("This kernel has no symbol 'prb'; its log is not a printk ring buffer.")
    ring = _Ring(readSU("struct printk_ringbuffer", readPtr(pointer)))
    for number in ring.numbers():
        try:
            record = ring.record(number)
        except error as problem:
            pylog.error(f"A record of the kernel's log cannot be read: {problem}")
            continue
        if record is not None:
            yield record


def log_lines() -> Iterator[tuple[float, str]]:
    """Yield (seconds by the printk clock, text) of each line of the log. A record with line ends gives more lines."""
    for record in log_records():
        for line in record.text.split("\n"):
            yield record.seconds, line


class _Ring:
    """The ring buffer: descriptors, infos and text."""

    def __init__(self, buffer: StructResult) -> None:
        descriptors, text = buffer.desc_ring, buffer.text_data_ring
        self._count = 1 << int(descriptors.count_bits)
        self._descs, self._infos = int(descriptors.descs), int(descriptors.infos)
        self._desc_size, self._info_size = struct_size("struct prb_desc"), struct_size("struct printk_info")
        self._first = int(descriptors.tail_id.counter) & ID_MASK
        self._last = int(descriptors.head_id.counter) & ID_MASK
        self._size = 1 << int(text.size_bits)
        self._data = readPtr(Addr(text, "data"))
        self._readable = _states("desc_committed", "desc_finalized", default=(1, 2))

    def numbers(self) -> Iterator[int]:
        """Yield the ID of each descriptor in use, the oldest first. The IDs wrap around."""
        used = ((self._last - self._first) & ID_MASK) + 1
        for step in range(min(used, self._count, MAX_RECORDS)):
            yield (self._first + step) & ID_MASK

    def record(self, number: int) -> LogRecord | None:
        """Return the record of a descriptor, None if it has no text (yet, or any more)."""
        index = number & (self._count - 1)
        desc = readSU("struct prb_desc", self._descs + index * self._desc_size)
        state = int(desc.state_var.counter) & LONG_MASK
        if state & ID_MASK != number or state >> STATE_SHIFT not in self._readable:
            return None
        info = readSU("struct printk_info", self._infos + index * self._info_size)
        place = desc.text_blk_lpos
        text = self._text(int(place.begin), int(place.next), int(info.text_len))
        return None if text is None else LogRecord(info, text)

    def _text(self, begin: int, following: int, length: int) -> str | None:
        """Return the text between two logical positions; None if it was dropped."""
        if begin & 1 and following & 1:
            # FAILED_LPOS (1) or EMPTY_LINE_LPOS (3, called NO_LPOS before v6.9): a record without text
            return "" if begin != 1 else None
        index, end = begin & (self._size - 1), following & (self._size - 1)
        if end and begin // self._size != following // self._size:
            index = 0  # a text that does not fit at the end of the ring is at its begin
        room = (end or self._size) - index - PTR_SIZE  # a block is the descriptor's ID (unsigned long), then the text
        if room < 0:
            raise error(f"the positions {begin:#x} and {following:#x} of a text are damaged")
        raw = readmem(self._data + index + PTR_SIZE, min(length, room)) if min(length, room) else b""
        return raw.decode("utf-8", "backslashreplace")


def _states(*names: str, default: tuple[int, ...]) -> frozenset[int]:
    """Return the values of enumerators of ``enum desc_state``; ``default`` if the type is not known."""
    values = [enumerator_value(name) for name in names]
    return frozenset(value for value in values if value is not None) or frozenset(default)
