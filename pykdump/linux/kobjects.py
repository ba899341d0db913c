# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of the driver model: ``struct kobject``, ``struct device`` and ``struct klist``."""

from __future__ import annotations

from crash import Addr

from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crash import StructResult

MAX_NODES = 1_000_000


def klistAll(klist: StructResult) -> list[StructResult]:
    """Return each ``struct klist_node`` of a ``struct klist``."""
    return readSUListFromHead(Addr(klist, "k_list"), "n_node", "struct klist_node", maxel=MAX_NODES)


def kobj_name(kobj: StructResult) -> str:
    """Return the name of a ``struct kobject``, "" if it has none."""
    return str(kobj.name or "")


def dev_name(dev: StructResult) -> str:
    """Return the name of a ``struct device``: ``init_name``, or else that of its kobject."""
    return str(dev.init_name) if dev.hasField("init_name") and dev.init_name else kobj_name(dev.kobj)
