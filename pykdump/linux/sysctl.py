# SPDX-License-Identifier: GPL-3.0-or-later
"""sysctl variables: the files below /proc/sys, under names such as "net.ipv4.ip_forward"."""

from __future__ import annotations

import stat

from crash import (
    SmartString,
    addr2sym,
    container_of,
    error,
    mem2long,
    readmem,
    readPtr,
    readSU,
    readSymbol,
    struct_size,
    symbol_exists,
)

from pykdump.c_integers import INT_SIZE, LONG_SIZE, PTR_SIZE
from pykdump.linux.clock import kernel_hz
from pykdump.linux.sysctl_handlers import SPECIAL, UNKNOWN
from pykdump.linux.trees import for_all_rbtree
from pykdump.namespaces import get_nsproxy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

CTL_TABLE = "struct ctl_table"
MAX_DEPTH = 32
SHOWN = 5  # the number of elements that are shown of a longer array
# Handlers of longs whose names do not show it (fs/file_table.c, fs/dcache.c, fs/inode.c, mm/page-writeback.c,
# security/min_addr.c, mm/util.c, kernel/hung_task.c).
LONGS = (
    "proc_nr_files",
    "proc_nr_dentry",
    "proc_nr_inodes",
    "dirty_bytes_handler",
    "dirty_background_bytes_handler",
    "mmap_min_addr_handler",
    "overcommit_kbytes_handler",
    "proc_dohung_task_timeout_secs",
)
# {handler that does not use ctl_table.data: variable that has the value} (kernel/sysctl.c, kernel/fork.c).
VARIABLES = {
    "proc_taint": "tainted_mask",
    "sysctl_max_threads": "max_threads",
    "sysrq_sysctl_handler": "sysrq_enabled",
    "sysctl_numa_balancing": "sysctl_numa_balancing_mode",
}
STRINGS = ("proc_dostring", "proc_do_uts_string", "devkmsg_sysctl_set_loglvl")
BITMAPS = ("proc_do_large_bitmap", "proc_watchdog_cpumask")
UUID_SIZE = 16


def _entries(directory: StructResult, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, StructResult]]:
    """Yield (name, ``struct ctl_table``) of each variable in a ``struct ctl_dir`` and the directories below it."""
    size, entry_size = struct_size("struct ctl_node"), struct_size(CTL_TABLE)
    if depth > MAX_DEPTH:
        raise error(f"The sysctl directory {prefix!r} at {int(directory):#x} is {depth} levels deep: it has a loop.")
    for node in for_all_rbtree(directory.root, "struct ctl_node", "node"):
        header = node.header
        # The n-th node belongs to the n-th entry.
        number = (int(node) - int(header.node)) // size
        entry = readSU(CTL_TABLE, int(header.ctl_table) + number * entry_size)
        name = prefix + str(entry.procname)
        if stat.S_ISDIR(entry.mode):
            yield from _entries(container_of(header, "struct ctl_dir", "header"), name + ".", depth + 1)
        elif not stat.S_ISLNK(entry.mode):  # a link leads to the variables of a namespace
            yield name, entry


def getCtlTables(nsproxy: StructResult | None = None) -> dict[str, StructResult]:
    """Return {name: ``struct ctl_table``} of all variables, with those of the namespaces of a ``struct nsproxy``.

    The default is get_nsproxy(). Raises TypeError on an old kernel, which keeps variables in another way.
    """
    root = readSymbol("sysctl_table_root")
    if not root.hasField("default_set") or struct_size("struct ctl_node") < 0:
        raise TypeError("This kernel keeps no tree of sysctl variables: it is too old.")
    spaces = nsproxy if nsproxy is not None else get_nsproxy()
    found = dict(_entries(root.default_set.dir))
    if spaces.net_ns.hasField("sysctls"):
        found.update(_entries(spaces.net_ns.sysctls.dir))
    # Commits 1f5c135ee509 ("ipc: Store ipc sysctls in the ipc namespace") and dc55e35f9e81 ("ipc: Store mqueue
    # sysctls in the ipc namespace", both v5.19).
    for members in ("ipc_set", "mq_set"):
        if spaces.ipc_ns and spaces.ipc_ns.hasField(members):
            found.update(_entries(getattr(spaces.ipc_ns, members).dir))
    # Commit dbec28460a89 ("userns: Add per user namespace sysctls.", v4.9): user.max_...
    owner = spaces.uts_ns.user_ns
    if owner and owner.hasField("set"):
        found.update(_entries(owner.set.dir))
    return found


def getCtlData(ct: StructResult) -> str | int | list[int | str]:
    """Return the value of a ``struct ctl_table``: text, a number, a list of numbers, or "(?)" for an unknown handler.

    Jiffies are converted to seconds or milliseconds, as in /proc/sys. Of an array with more than five elements, the
    list has the first five and a text with the number of the others.
    """
    value = _value(ct)
    if isinstance(value, list) and len(value) > SHOWN:
        return [*value[:SHOWN], f"... {len(value) - SHOWN} more elements"]
    return value


def ctl_text(ct: StructResult) -> str | None:
    """Return the value of a ``struct ctl_table`` as its file below /proc/sys shows it; None for an unknown handler."""
    value = _value(ct)
    if isinstance(value, list):
        return "\t".join(map(str, value))
    return None if value is UNKNOWN else str(value)


def _value(ct: StructResult) -> str | int | list[int | str]:
    """Return the value of a ``struct ctl_table`` with all elements, UNKNOWN for an unknown handler."""
    handler, data, length = addr2sym(int(ct.proc_handler)) or "", int(ct.data), int(ct.maxlen)
    if handler in VARIABLES and symbol_exists(VARIABLES[handler]):
        return int(readSymbol(VARIABLES[handler]))
    if data and handler == "proc_do_uuid":  # its maxlen is 0
        return _uuid(readmem(data, UUID_SIZE))
    if handler in SPECIAL:
        return SPECIAL[handler](data, length, str(ct.procname))
    if not data or not length:
        return UNKNOWN
    if handler.startswith(STRINGS):
        return SmartString(readmem(data, length), data, None)
    if handler in BITMAPS:
        return _ranges(readPtr(data), length)
    if handler == "proc_dobool":
        # One byte; maxlen was that of an int before commit f1aa2eb5ea05 ("sysctl: fix proc_dobool() usability", v6.3).
        length = 1
    size = _size(handler, length)
    return _numbers(readmem(data, length), size, handler) if size and not length % size else UNKNOWN


def _size(handler: str, length: int) -> int:
    """Return the size of one number in bytes, 0 if the handler does not show it."""
    if "longvec" in handler or handler in LONGS:
        return LONG_SIZE
    if "u8vec" in handler or length == 1:
        return 1
    # Many special handlers read a single int with proc_dointvec() or its variants.
    known = "intvec" in handler or "jiffies" in handler or handler == "lowmem_reserve_ratio_sysctl_handler"
    return INT_SIZE if known or length == INT_SIZE else 0


def _numbers(raw: bytes, size: int, handler: str) -> int | list[int | str]:
    signed = size == INT_SIZE and "uint" not in handler
    values = [int(mem2long(raw[i : i + size], signed=signed)) for i in range(0, len(raw), size)]
    if "ms_jiffies" in handler:
        values = [value * 1000 // kernel_hz() for value in values]
    elif "jiffies" in handler and "userhz" not in handler:
        values = [value // kernel_hz() for value in values]
    elif "userhz" in handler:
        values = [value * 100 // kernel_hz() for value in values]  # USER_HZ is 100
    return values[0] if len(values) == 1 else list(values)


def _uuid(raw: bytes) -> str:
    """Return 16 bytes as "1a0601a2-4663-4db8-b3f6-9014bfe27830"."""
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def _ranges(bitmap: int, bits: int) -> str:
    """Return the numbers of the bits that are set in an ``unsigned long *bitmap``, as "1,5-7"."""
    if not bitmap:
        return ""
    raw = readmem(bitmap, (bits + 8 * PTR_SIZE - 1) // (8 * PTR_SIZE) * PTR_SIZE)
    words = [int(mem2long(raw[i : i + PTR_SIZE])) for i in range(0, len(raw), PTR_SIZE)]
    set_bits = [n * 8 * PTR_SIZE + b for n, word in enumerate(words) for b in range(8 * PTR_SIZE) if word >> b & 1]
    ranges: list[list[int]] = []
    for bit in set_bits:
        if ranges and bit == ranges[-1][1] + 1:
            ranges[-1][1] = bit
        else:
            ranges.append([bit, bit])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)
