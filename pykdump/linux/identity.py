# SPDX-License-Identifier: GPL-3.0-or-later
"""What the dump is of: the machine, its kernel, its time and its load. All comes from the kernel's structures."""

from __future__ import annotations

from crash import PAGESIZE, error, readSymbol, symbol_exists

from pykdump.linux.percpu import possible_cpus, running_cpus
from pykdump.linux.wall_clock import NANOSECONDS, clocks

LOAD_SHIFT = 11  # FSHIFT in include/linux/sched/loadavg.h: the averages are fixed-point numbers


def dump_time() -> float:
    """Return the time of the dump in seconds since 1970 (UTC), as the kernel's clock had it at its last tick."""
    return clocks().realtime / NANOSECONDS


def uptime_seconds() -> float:
    """Return the seconds from boot to the dump: CLOCK_BOOTTIME, as in /proc/uptime. Jiffies may be a little behind."""
    return clocks().uptime / NANOSECONDS


def load_averages() -> tuple[float, ...]:
    """Return the load averages over 1, 5 and 15 minutes: ``unsigned long avenrun[3]``."""
    return tuple(round(int(value) / (1 << LOAD_SHIFT), 2) for value in readSymbol("avenrun"))


def memory_bytes() -> int:
    """Return the memory that the kernel manages.

    ``_totalram_pages`` is an atomic_long_t since commit ca79b0c211af (v5.0); before, ``totalram_pages`` was a number.
    """
    if symbol_exists("_totalram_pages"):
        return int(readSymbol("_totalram_pages").counter) * PAGESIZE
    return int(readSymbol("totalram_pages")) * PAGESIZE


def command_line() -> str:
    """Return the kernel's command line: ``char *saved_command_line``."""
    return str(readSymbol("saved_command_line")).strip()


def cpu_counts() -> tuple[int, int]:
    """Return the number of online and of possible CPUs."""
    return len(running_cpus()), len(possible_cpus())


def node_names() -> dict[str, str]:
    """Return release, version, machine and nodename of ``struct new_utsname init_uts_ns.name``."""
    name = readSymbol("init_uts_ns").name
    return {field: str(getattr(name, field)) for field in ("release", "version", "machine", "nodename")}


def hardware() -> str | None:
    """Return the machine's maker and product as its firmware names them: ``char *dmi_ident[]``; None if unknown.

    The indices are DMI_SYS_VENDOR and DMI_PRODUCT_NAME of enum dmi_field (include/linux/mod_devicetable.h).
    """
    try:
        from crash import enumerator_value

        table = readSymbol("dmi_ident")
        indices = [enumerator_value(field) for field in ("DMI_SYS_VENDOR", "DMI_PRODUCT_NAME")]
        words = [str(table[index]) for index in indices if index is not None and table[index]]
    except (TypeError, error, IndexError):
        return None
    return " ".join(words) or None
