# SPDX-License-Identifier: GPL-3.0-or-later
"""meminfo: the counters of /proc/meminfo at the time of the dump.

The values are computed as the kernel does it. A line that this kernel's /proc/meminfo does not have is left out.

A finding says so if less than two percent of the memory is available, and if the hardware has corrupted pages.

  meminfo MemFree Slab    only these lines
"""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Command, Finding, Problem, item

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from pykdump.command_layer.reports import Layouts

LOW_PERCENT = 2


@dataclass
class Counter:
    """A line of /proc/meminfo."""

    name: str = item("its name")
    value: int = item("its value, in the unit of this record")
    unit: str = item('"kB", which is 1024 bytes, or empty for a number of pages')


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of meminfo."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these lines")


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield the counters, and findings about them."""
    from pykdump.linux.mm.meminfo import meminfo

    values: dict[str, int] = {}
    for name, unit, value, reason in meminfo():
        if value is None:
            yield Problem(name, reason)
            continue
        values[name] = value
        if not options.names or name in options.names:
            yield Counter(name, value, unit)
    yield from (Problem(name, "this kernel has no such line") for name in options.names if name not in values)
    yield from findings(values)


def findings(values: dict[str, int]) -> Iterator[Finding]:
    """Yield what is wrong, given {name of a line: value}."""
    total, available = values.get("MemTotal", 0), values.get("MemAvailable")
    if available is not None and available * 100 < total * LOW_PERCENT:
        yield Finding("memory-low", f"Only {available} kB of {total} kB of memory are available.")
    corrupted = values.get("HardwareCorrupted", 0)
    if corrupted:
        yield Finding("memory-corrupted", f"The hardware has corrupted {corrupted} kB of memory.")


def _line(counter: Counter) -> Iterator[str]:
    unit = f" {counter.unit}" if counter.unit else ""
    yield f"{counter.name + ':':<16}{counter.value:>8}{unit}"


TABLES: Layouts = {Counter: _line}
COMMAND = Command(__doc__, add_options, collect, TABLES)
main = COMMAND.main
