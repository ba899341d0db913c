# SPDX-License-Identifier: GPL-3.0-or-later
"""sysctl: the values of all sysctl variables, as below /proc/sys.

Jiffies are converted to the unit that /proc/sys shows. A "?" stands for a variable whose handler computes its value
in a way of its own.

The variables of namespaces (net.*, kernel.sem and others) are those of the initial namespaces; --usens PID chooses
those of a process.

  sysctl net.ipv4 vm.swappiness    these variables; the name of a directory stands for all below it
  sysctl 'net.*rmem.*'             a name may also be a regular expression
"""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Command, Problem, item, name_pattern
from pykdump.command_layer.events import UNREADABLE, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    import re
    from collections.abc import Iterator

    from pykdump.command_layer.reports import Layouts


@dataclass
class Variable:
    """A sysctl variable: a struct ctl_table."""

    name: str = item('its name: "vm.swappiness"')
    value: str | None = item("its value as text; several numbers are separated by tabs; null if it cannot be told")
    handler: str = item("the kernel's function for it")
    table: int = item("struct ctl_table *", unit="address")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of sysctl."""
    parser.add_argument("names", nargs="*", type=_pattern, metavar="NAME", help="only these variables")
    parser.add_argument("-a", "--all", action="store_true", help="no effect; all variables are the default")


def _pattern(text: str) -> re.Pattern[str]:
    """Return the expression for a name, or for a directory and all below it. Raises ArgumentTypeError."""
    return name_pattern(f"(?:{text.replace('/', '.')})(?:\\..*)?")


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield the variables in the order of their names."""
    from crash import addr2sym

    from pykdump.linux.sysctl import ctl_text, getCtlTables

    for name, table in sorted(getCtlTables().items()):
        if options.names and not any(pattern.fullmatch(name) for pattern in options.names):
            continue
        try:
            yield Variable(name, ctl_text(table), addr2sym(int(table.proc_handler)) or "?", int(table))
        except UNREADABLE as problem:
            yield Problem(f"the variable {name}", reason_of(problem))


def _line(variable: Variable) -> Iterator[str]:
    value = "?" if variable.value is None else variable.value
    yield f"{variable.name} = {value}"


TABLES: Layouts = {Variable: _line}
COMMAND = Command(__doc__, add_options, collect, TABLES)
main = COMMAND.main
