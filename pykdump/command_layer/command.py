# SPDX-License-Identifier: GPL-3.0-or-later
"""A command: its options, its records, and the run that prints them and returns the exit status."""

from __future__ import annotations

import sys

from pykdump.command_layer.events import UNREADABLE, Finding, Problem, Section, reason_of
from pykdump.command_layer.parser import CommandParser
from pykdump.command_layer.reports import FindingsReport, JsonReport, TextReport
from pykdump.pylog import INFO, pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence
    from typing import Union

    from pykdump.command_layer.reports import Layout, Layouts

    Report = Union[TextReport, JsonReport]

_NO_RECORDS = (Finding, Problem, Section)
STATUS_FINDINGS = 1
STATUS_INCOMPLETE = 2
MAX_PROBLEMS = 1000


class Command:
    """A crash command.

    ``text`` is the docstring of its module: "name: summary", and below it the help. ``add_options(parser)`` adds its
    options. ``collect(options)`` yields records, Findings, Problems and Sections. ``layouts`` gives for each type of
    record its columns, or a function that returns the lines of a record. ``parts`` are the names of other commands
    whose records it yields too. ``version`` is the version of its JSON schema: a change that breaks programs raises it.
    """

    def __init__(
        self,
        text: str | None,
        add_options: Callable[[argparse.ArgumentParser], None],
        collect: Callable[[argparse.Namespace], Iterable[object]],
        layouts: Layouts,
        parts: Sequence[str] = (),
        version: int = 1,
    ) -> None:
        self.text = text or ""
        self.name = self.text.partition(":")[0]
        self.layouts = layouts
        self.parts = tuple(parts)
        self.schema = f"pykdump/{self.name}/{version}"
        self._add_options = add_options
        self._collect = collect
        self._parser: CommandParser | None = None

    def parser(self) -> CommandParser:
        """Return the parser of the command line, with the options that all commands have. It is made once."""
        if self._parser is None:
            self._parser = CommandParser(self.name, self.text)
            self._add_options(self._parser)
            # main() sets it if the records are only printed: what no column shows need not be found then.
            self._parser.set_defaults(as_text=False)
            self._parser.add_argument("--json", action="store_true", help="print one JSON document")
            self._parser.add_argument("--findings", action="store_true", help="print only what is wrong")
        return self._parser

    def events(self, words: Sequence[str] = ()) -> Iterable[object]:
        """Yield what the command yields for a command line, so that another command can show it as its own part."""
        return self._collect(self.parser().parse_args(list(words)))

    def main(self, argv: Sequence[str]) -> int:
        """Run the command. Return 0, 1 (there are findings), 2 (a part cannot be told) or 3 (wrong usage)."""
        options = self.parser().parse_args(argv)
        options.as_text = not options.json and not options.findings
        report = self._report(options, argv)
        return _Run(report).run(lambda: self._collect(options))

    def _report(self, options: argparse.Namespace, argv: Sequence[str]) -> Report:
        if options.json:
            head = {"schema": self.schema, "command": " ".join([self.name, *argv]), "kernel": kernel_facts()}
            return JsonReport(head, with_records=not options.findings)
        return FindingsReport(self.layout_of) if options.findings else TextReport(self.layout_of)

    def layout_of(self, kind: type) -> Layout:
        """Return the layout of a type of records, its own or that of the command that defines it. Raises KeyError."""
        found: Layout | None = self.layouts.get(kind)
        if found is None:
            found = sys.modules[kind.__module__].COMMAND.layouts[kind]
        return found

    def all_layouts(self) -> Layouts:
        """Return the layouts of all records that it may yield. The modules of its parts are imported."""
        found = dict(self.layouts)
        for part in self.parts:
            found.update(__import__(f"pykdump.commands.{part}", fromlist=["COMMAND"]).COMMAND.all_layouts())
        return found


def kernel_facts() -> dict[str, str | None]:
    """Return release, version, machine and node name from ``struct new_utsname init_uts_ns.name``."""
    from crash import readSymbol

    try:
        name = readSymbol("init_uts_ns").name
        return {field: str(getattr(name, field)) for field in ("release", "version", "machine", "nodename")}
    except UNREADABLE:
        return dict.fromkeys(("release", "version", "machine", "nodename"))


class _Run:
    """One run of a command: hands what it yields to the report, and finds the exit status."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._findings = 0
        self._problems: set[tuple[str, str]] = set()

    def run(self, collect: Callable[[], Iterable[object]]) -> int:
        """Print everything that ``collect()`` yields, and return the exit status."""
        # Helpers report damage with pylog. It must not get between the lines of a JSON document.
        before = pylog.send_to(self._from_pylog)
        try:
            self._take_all(collect)
            self._report.end()
        finally:
            pylog.send_to(before)
        return STATUS_INCOMPLETE if self._problems else STATUS_FINDINGS if self._findings else 0

    def _take_all(self, collect: Callable[[], Iterable[object]]) -> None:
        take_record = self._report.record
        try:
            for event in collect():
                if isinstance(event, _NO_RECORDS):
                    self._take(event)
                else:  # nearly all events
                    take_record(event)
        except KeyboardInterrupt:
            self._problem(Problem("the rest", "interrupted"))
        except BrokenPipeError:
            raise
        except UNREADABLE as problem:
            self._problem(Problem("the rest", reason_of(problem)))
            _print_traceback_if_debugging()
        except Exception as problem:  # noqa: BLE001 - the document must end, and the status must say that it is incomplete
            self._problem(Problem("the rest", f"{type(problem).__name__}: {problem}"))
            _print_traceback()

    def _take(self, event: Finding | Problem | Section) -> None:
        if isinstance(event, Finding):
            self._findings += 1
            self._report.finding(event)
        elif isinstance(event, Problem):
            self._problem(event)
        else:
            self._report.section(event)

    def _problem(self, problem: Problem) -> None:
        """Report a problem once: a damaged list that many objects share gives one line."""
        key = (problem.part, problem.reason)
        if key not in self._problems and len(self._problems) < MAX_PROBLEMS:
            self._problems.add(key)
            self._report.problem(problem)

    def _from_pylog(self, prefix: str, message: str) -> None:
        if prefix == INFO:
            self._report.note(message)
        else:
            self._problem(Problem("a part of the dump", message))


def _print_traceback_if_debugging() -> None:
    from pykdump.option_values import API_options

    if getattr(API_options, "debug", 0):
        _print_traceback()


def _print_traceback() -> None:
    import traceback

    sys.stdout.flush()
    traceback.print_exc()
