# SPDX-License-Identifier: GPL-3.0-or-later
"""tslog: the kernel's log with the date of each line.

  tslog                the whole log
  tslog --tail 20      the last 20 lines
  tslog --level 4      warnings (4) and what is worse (0 to 3)
  tslog --utc          dates in UTC; without it, they are in the time zone of this machine ($TZ)

Each line begins with its date by the kernel's wall clock and with the time stamp that dmesg prints. The clock of the
log drifts from the kernel's uptime; the dates are corrected by the difference that the two clocks had in the end. The
wall clock is the one that was set in the end: if somebody set it while the system ran, older lines have the date that
the new time implies. If the machine slept more than once, the dates of the lines in between are unknown ("?").
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from pykdump.command_layer import Command, Problem, item, positive_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from pykdump.command_layer.reports import Layouts
    from pykdump.linux.printk import LogRecord
    from pykdump.linux.wall_clock import Clocks, LogDates

NANOSECONDS = 1_000_000_000
DATE_WIDTH = len("2026-11-28 13:12:55.123456")
LEVELS = range(8)


@dataclass
class LogLine:
    """One record of the log."""

    date: str | None = item("its date by the kernel's wall clock, ISO 8601 with the time zone; null: cannot be told")
    epoch: float | None = item("the same as time since 1970 (UTC)", unit="s")
    timestamp: float = item("its time by the clock of the log", unit="s")
    level: int = item("0 (emergency) to 7 (debug)")
    facility: int = item("syslog's facility: 0 for the kernel")
    caller: str | None = item('who printed it: "T123", a thread, or "C1", a CPU in an interrupt')
    device: str | None = item('the device that it is about, such as "+pci:0000:00:01.0"')
    text: str = item("the text, which may have line ends")


@dataclass
class Clock:
    """How the clock of the log relates to the kernel's other clocks."""

    uptime: float = item("time since boot at the last tick, sleep included", unit="s")
    log_clock: float = item("the clock of the log at the same time", unit="s")
    drift: float = item("how far the clock of the log is behind the time since boot without sleep", unit="s")
    asleep: float = item("how long the machine slept in all", unit="s")
    boot_date: str = item("when the system booted, by the wall clock")
    end_date: str = item("the wall clock at the last tick")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of tslog."""
    parser.add_argument("--utc", action="store_true", help="dates in UTC")
    parser.add_argument("--tail", type=positive_number, metavar="N", help="only the last N records")
    parser.add_argument("--level", type=int, choices=LEVELS, metavar="L", default=LEVELS[-1], help="0 to L only")
    parser.add_argument("--clock", action="store_true", help="only the clocks: uptime, drift, sleep, dates")


def iso_date(nanoseconds: int, utc: bool) -> str:
    """Return ns since 1970 as "2026-11-28 13:12:55.123456+01:00"."""
    from datetime import datetime, timedelta, timezone

    # Not fromtimestamp(): a float has no microseconds at dates of today, and a damaged clock may be out of its range.
    moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=nanoseconds // 1000)
    return (moment if utc else moment.astimezone()).isoformat(" ", "microseconds")


def log_line(record: LogRecord, dates: LogDates, utc: bool) -> LogLine:
    """Return the record of the command for a record of the log."""
    moment = dates.date_of(record.ts_nsec)
    date = None if moment is None else iso_date(moment, utc)
    epoch = None if moment is None else moment / NANOSECONDS
    device = ":".join(filter(None, (record.subsystem, record.device))) or None
    seconds = record.ts_nsec / NANOSECONDS
    return LogLine(date, epoch, seconds, record.level, record.facility, record.caller, device, record.text)


def clock(now: Clocks, utc: bool) -> Clock:
    """Return the record of the kernel's clocks."""
    return Clock(
        now.uptime / NANOSECONDS,
        now.printk / NANOSECONDS,
        now.drift / NANOSECONDS,
        now.asleep / NANOSECONDS,
        iso_date(now.realtime - now.uptime, utc),
        iso_date(now.realtime, utc),
    )


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield the clocks, or the records of the log."""
    from pykdump.linux.printk import log_records
    from pykdump.linux.wall_clock import LogDates, clocks

    now = clocks()
    if options.clock:
        yield clock(now, options.utc)
        return
    if not now.is_a_steady_drift():
        yield Problem("exact dates of early lines", "the clock of the log and the uptime differ by a jump, not a drift")
    found: Iterable[LogRecord] = log_records()
    if now.asleep:  # the sleeps must be known before the first date
        found = list(found)
    dates = LogDates(now, ((record.ts_nsec, record.text) for record in found) if now.asleep else ())
    chosen: Iterable[LogRecord] = (record for record in found if record.level <= options.level)
    for record in deque(chosen, maxlen=options.tail) if options.tail else chosen:
        yield log_line(record, dates, options.utc)


def _lines(line: LogLine) -> Iterator[str]:
    """Yield the lines of a record, each with the date, as dmesg does with the time stamp."""
    date = (line.date or "?")[:DATE_WIDTH]
    for text in line.text.split("\n"):
        yield f"{date:{DATE_WIDTH}} [{line.timestamp:12.6f}] {text}"


def _clock_lines(now: Clock) -> Iterator[str]:
    yield f"Booted             {now.boot_date}"
    yield f"Last tick          {now.end_date}"
    yield f"Uptime             {now.uptime:.6f} s, of which the machine slept {now.asleep:.6f} s"
    yield f"Clock of the log   {now.log_clock:.6f} s, behind by {now.drift:.6f} s"


TABLES: Layouts = {LogLine: _lines, Clock: _clock_lines}
COMMAND = Command(__doc__, add_options, collect, TABLES)
main = COMMAND.main
