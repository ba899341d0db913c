# SPDX-License-Identifier: GPL-3.0-or-later
"""Frozen file systems: which ones, how far, and who froze them."""

from __future__ import annotations

from pykdump.linux.fs import sb_frozen, super_blocks
from pykdump.linux.locks.stack_words import DAMAGED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

# enum of include/linux/fs.h: SB_UNFROZEN is 0, SB_FREEZE_COMPLETE is 4.
LEVELS = ("not frozen", "freezing: writes wait", "freezing: page faults wait", "freezing: the log waits", "frozen")
FREEZE_HOLDER_KERNEL, FREEZE_HOLDER_USERSPACE = 1, 2


def frozen_file_systems() -> Iterator[tuple[StructResult, str]]:
    """Yield (``struct super_block``, how far it is frozen and by whom) of each file system that is frozen.

    A file system that cannot be read is left out.
    """
    for sb in super_blocks():
        try:
            state = freeze_state(sb)
        except DAMAGED:
            continue
        if state:
            yield sb, state


def freeze_state(sb: StructResult) -> str:
    """Return in words how far a ``struct super_block`` is frozen and by whom, "" if it is not frozen."""
    level = sb_frozen(sb)
    if not level:
        return ""
    words = LEVELS[level] if level < len(LEVELS) else f"frozen (level {level})"
    by = _freezers(sb)
    return words + (f" by {' and '.join(by)}" if by else "")


def _freezers(sb: StructResult) -> list[str]:
    """Return who froze a file system. Kernels before v6.6 do not record it."""
    writers = sb.s_writers
    counts: tuple[tuple[str, int], ...] = ()
    if writers.hasField("freeze_ucount"):
        counts = (("the kernel", int(writers.freeze_kcount)), ("user space", int(writers.freeze_ucount)))
    elif writers.hasField("freeze_holders"):
        # Commit 880b9577855e ("fs: distinguish between user initiated freeze and kernel initiated freeze", v6.6).
        held = int(writers.freeze_holders)
        counts = (("the kernel", held & FREEZE_HOLDER_KERNEL), ("user space", held & FREEZE_HOLDER_USERSPACE))
    return [who for who, count in counts if count]
