# SPDX-License-Identifier: GPL-3.0-or-later
"""fregs: the registers and arguments with which the functions on a stack were called (x86-64).

The command shows each function of a stack, and below it the registers that it had at its first instruction, as far as
they can be recovered. With -a it shows the arguments with their types and names, with -aa also what they point to.

  (no argument)        the task of crash's context
  fregs PID            also the address of a task_struct, or the name of tasks
  fregs -u -a          all tasks in state UN
  fregs -A -r vfs_     of all tasks the functions whose names include "vfs_"

A mark says how sure a value is:

  +   known: it follows from the code, and from registers and stack slots that no other function can change
  ~   likely: it was read from memory that may have changed since, or one of several ways was taken

A function keeps only what it still needs. So an argument that it does not use after its call is lost, unless its
caller still has the value. Pointers into memory of user programs are not followed.

  fregs -aa 1          PID 1: what the arguments point to
  fregs -a -l 1        with the source lines of the calls
  fregs -A -r ksys_read -a --json
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pykdump.command_layer import Command, Problem, Text, item

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from pykdump.linux.arguments import Argument, Entry, Plan
    from pykdump.linux.stacks import Stack
    from pykdump.linux.unwind.forms import FrameForm

VERSION = "2.0"
HEADING = "\nPID: %d  TASK: %x  CPU: %d  COMMAND: %s"
MARKS = {"known": "+", "likely": "~", "": " "}


@dataclass
class RegisterAtEntry:
    """A register at the first instruction of a function."""

    register: str = item("its name, as in struct pt_regs: di, si, r15")
    value: int = item("what it had", unit="address")
    width: int = item("how many of its lowest bytes are known", unit="bytes")
    confidence: str = item("known or likely")


@dataclass
class FunctionArgument:
    """An argument of a function."""

    number: int = item("its number, from 1")
    name: str = item("its name, empty if it is not known")
    type: str = item("its C type")
    place: str = item("the register that passed it, or stack+0x8")
    value: int | None = item("the value; null if it was not recovered")
    text: str = item("the value as text")
    confidence: str = item("known or likely, empty without a value")
    points_to: str = item("with -aa, what it points to")


@dataclass
class CalledFunction:
    """A function on the stack."""

    level: int = item("its number on the stack, from 0")
    function: str = item("its name, ? if no symbol is known")
    module: str | None = item("the module that has it; null for the kernel itself")
    address: int = item("the return address into it, or that of the interrupted instruction", unit="address")
    offset: int = item("the offset of that address in the function", unit="bytes")
    stack: int = item("the stack address of the return address, 0 if it has none", unit="address")
    line: str = item("with -l, the source line, empty if it is not known")
    registers: tuple[RegisterAtEntry, ...] = item("the registers at its entry that were recovered")
    arguments: tuple[FunctionArgument, ...] = item("with -a, its arguments; empty if its type is not known")
    exception: tuple[RegisterAtEntry, ...] = item("the registers of the exception that it handles")
    user: bool = item("whether that exception came from user space")


@dataclass
class TaskRegisters:
    """The stack of a task."""

    pid: int = item("the thread")
    task: int = item("struct task_struct *", unit="address")
    cpu: int = item("the CPU on which it runs or ran last")
    comm: str = item("its name")
    source: str = item("orc or bt: how the stack was unwound")
    functions: tuple[CalledFunction, ...] = item("the functions, the innermost one first")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of fregs."""
    parser.add_argument("task", nargs="?", metavar="pid|task|cmd", help="which task (default: crash's context)")
    parser.add_argument("-a", "--args", action="count", default=0, help="show arguments; -aa: what they point to")
    parser.add_argument("-l", "--lines", action="store_true", help="show source lines")
    parser.add_argument("-r", "--routine", default="", help="only functions whose names include this text")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("-u", "--unint", action="store_true", help="all uninterruptible tasks")
    group.add_argument("-A", "--all", action="store_true", help="all tasks")
    parser.add_argument("-v", "--verbose", action="store_true", help="no effect; old command lines have it")
    parser.add_argument("-d", "--debug-output", action="store_true", help="no effect; old command lines have -d")
    parser.add_argument("-V", "--version", action="version", version=f"fregs {VERSION}")


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield the stacks with the recovered registers."""
    from crash import sysfacts

    machine = sysfacts()["machine"]
    if machine != "x86_64":
        yield Problem("the registers", f"they can be recovered on x86_64, and this dump is of {machine}")
        return
    if options.all and options.as_text and not (options.args or options.routine or options.lines):
        yield from _all_as_text()
        return
    try:
        stacks = _stacks(options)
    except LookupError as problem:
        yield Problem("the registers", str(problem))
        return
    for stack in stacks:
        yield from _events(stack, options.args, options.routine, options.lines)


def _events(stack: Stack, detail: int = 0, routine: str = "", lines: bool = False) -> Iterator[object]:
    """Yield the record of a stack, see task_registers(), and what cannot be told of it."""
    from crash import error

    if stack.problem:
        yield Problem(f"the stack of PID {stack.pid}", stack.problem)
    try:
        found = task_registers(stack, detail, routine, lines)
    except (error, LookupError, ValueError) as problem:
        yield Problem(f"the registers of PID {stack.pid}", str(problem))
        return
    if found.functions:
        yield found


def _all_as_text() -> Iterator[object]:
    """Yield the text of the stacks of all tasks. Where many wait for the same, only what differs is found for each."""
    from crash import tasks

    from pykdump.linux.stacks import stack_of_row

    known = KnownTexts()
    for row in tasks():
        text = known.text(row)
        if text is not None:
            yield Text(text)
            continue
        for event in _events(stack_of_row(row)):
            yield Text("\n".join(stack_lines(event))) if isinstance(event, TaskRegisters) else event


class KnownTexts:
    """The texts of stacks, with a place for each value. Those with the same form and plan share one."""

    def __init__(self) -> None:
        from pykdump.linux.arguments import KnownForms

        self._known = KnownForms()
        self._texts: dict[tuple[FrameForm, Plan], str] = {}

    def text(self, row: tuple[int, int, int, int, int, str, int]) -> str | None:
        """Return the text of the stack for a row of crash.tasks(), None if none like it was seen often."""
        from pykdump.linux.stacks import known_form, stack_of_row

        task, pid, cpu, _, _, comm, _ = row
        known = known_form(task)
        found = self._known.values(task, *known) if known is not None else None
        if known is None or found is None:
            return None
        form, words = known
        plan, values = found
        text = self._texts.get((form, plan))
        if text is None:
            text = self._texts[form, plan] = text_form(task_registers(stack_of_row(row)))
        return text % (pid, task, cpu, comm, *values, *form.received(words))


def _stacks(options: argparse.Namespace) -> Iterable[Stack]:
    from pykdump.linux.stacks import all_stacks, stack_of

    if options.all:
        return all_stacks()
    if options.unint:
        return map(stack_of, _uninterruptible())
    return map(stack_of, _chosen(options.task))


def _uninterruptible() -> Iterator[int]:
    from pykdump.linux.tasks import all_tasks

    return (int(task) for task in all_tasks(idle=False) if task.state_code == "UN")


def _chosen(text: str | None) -> list[int]:
    """Return the tasks that a PID, an address, or a name stands for. Raises LookupError.

    crash's commands take a number as a decimal PID if there is such a task, otherwise as a hexadecimal address.
    """
    from crash import tasks

    if text is None:
        return [_context()]
    rows = tasks()
    for base in (10, 16):
        try:
            number = int(text, base)
        except ValueError:
            continue
        found = [row[0] for row in rows if number in (row[1], row[0])]
        if found:
            return found
    found = [row[0] for row in rows if row[5] == text]
    if not found:
        raise LookupError(f"there is no task with the PID, address or name {text!r}")
    return found


def _context() -> int:
    """Return the task of crash's context, as its command "set" prints it."""
    import re

    from crash import exec_crash_command

    match = re.search(r"^\s*TASK:\s+([\da-f]+)", exec_crash_command("set"), re.M)
    if match is None:
        raise LookupError("crash has no context; name a task")
    return int(match[1], 16)


def task_registers(stack: Stack, detail: int = 0, routine: str = "", lines: bool = False) -> TaskRegisters:
    """Return the record of a stack. ``detail`` is how often -a was given; ``routine`` is a part of function names."""
    from pykdump.linux.arguments import recover

    functions = [
        _function(level, entry, detail, lines)
        for level, entry in enumerate(recover(stack))
        if routine in (entry.frame.function or "")
    ]
    return TaskRegisters(stack.pid, stack.task, stack.cpu, stack.comm, stack.source, tuple(functions))


def _function(level: int, entry: Entry, detail: int, lines: bool) -> CalledFunction:
    function, offset, module, address, stack, _, exact, _, received = entry.frame
    registers = [
        RegisterAtEntry(name, value, width, "known" if sure else "likely")
        for name, (value, width, sure) in entry.registers.items()
    ]
    exception: Iterable[RegisterAtEntry] = ()
    if received is not None:
        exception = [RegisterAtEntry(name, value, 8, "known") for name, value in received.registers.items()]
    return CalledFunction(
        level, function or "?", module, address, offset, stack, source_line(address - (not exact)) if lines else "",
        tuple(registers), _arguments(entry, detail > 1) if detail else (), tuple(exception),
        received is not None and received.user,
    )  # fmt: skip


def _arguments(entry: Entry, described: bool) -> tuple[FunctionArgument, ...]:
    from pykdump.linux.arguments import arguments_of

    return tuple([_argument(argument, described) for argument in arguments_of(entry) or ()])


def _argument(argument: Argument, described: bool) -> FunctionArgument:
    points_to = ""
    if described and argument.value is not None:
        from pykdump.linux.arguments.descriptions import description

        points_to = description(argument.ctype, argument.value) or ""
    return FunctionArgument(
        argument.number, argument.name, argument.ctype, argument.place, argument.value, argument.text,
        argument.confidence or "", points_to,
    )  # fmt: skip


def source_line(address: int) -> str:
    """Return "file:line" of an address of code as gdb knows it, "" if there is no debuginfo."""
    import re

    from crash import error, exec_gdb_command

    try:
        match = re.match(r'Line (\d+) of "([^"]+)"', exec_gdb_command(f"info line *{address:#x}"))
    except error:
        return ""
    return f"{match[2]}:{match[1]}" if match else ""


def stack_lines(record: TaskRegisters) -> Iterator[str]:
    """Yield the lines of a stack."""
    yield HEADING % (record.pid, record.task, record.cpu, record.comm)
    for function in record.functions:
        yield from _heading(function)
        yield from _register_lines(function)
        if function.exception:
            yield _exception_heading(function)
            yield _table_of(function.exception)


def text_form(record: TaskRegisters) -> str:
    """Return the text of a stack, without arguments, with a place for each value that other stacks have."""
    lines = [HEADING]
    for function in record.functions:
        lines += [line.replace("%", "%%") for line in _heading(function)]
        if function.registers:
            lines.append(_lines_form(*_shape(function.registers)))
        if function.exception:
            lines += [_exception_heading(function), _table_form(_shape(function.exception)[0])]
    return "\n".join(lines)


def _heading(function: CalledFunction) -> Iterator[str]:
    yield ""
    module = f" [{function.module}]" if function.module else ""
    yield f"#{function.level} {function.function}+{function.offset:#x}{module}  at {function.address:x}"
    if function.line:
        yield f"    {function.line}"


def _exception_heading(function: CalledFunction) -> str:
    return f"    registers of {'the user' if function.user else 'the interrupted function'}:"


def _register_lines(function: CalledFunction) -> Iterator[str]:
    if not function.arguments:
        if function.registers:
            yield _lines_of(function.registers)
        return
    passed = {argument.place for argument in function.arguments}
    for argument in function.arguments:
        points_to = f"  = {argument.points_to}" if argument.points_to else ""
        name = f" {argument.name}" if argument.name else ""
        place = f"{_label(argument.confidence, argument.place)} arg{argument.number}"
        yield f"{place} {argument.type}{name} = {argument.text}{points_to}"
    for register in function.registers:
        if register.register not in passed:
            short = f"  (low {register.width} bytes)" if register.width < 8 else ""
            yield f"{_label(register.confidence, register.register)} {register.value:#x}{short}"


def _lines_of(registers: tuple[RegisterAtEntry, ...]) -> str:
    """Return a line for each register. Functions called from the same place mostly have the same ones."""
    return _lines_form(*_shape(registers)) % tuple([register.value for register in registers])


def _shape(registers: tuple[RegisterAtEntry, ...]) -> tuple[tuple[str, ...], tuple[int, ...], tuple[str, ...]]:
    """Return the names, widths and confidences of registers."""
    return (
        tuple([register.register for register in registers]),
        tuple([register.width for register in registers]),
        tuple([register.confidence for register in registers]),
    )


@cache
def _lines_form(names: tuple[str, ...], widths: tuple[int, ...], confidences: tuple[str, ...]) -> str:
    """Return the lines of registers with a place for each value."""
    return "\n".join(
        f"{_label(confidence, name)} 0x%x" + (f"  (low {width} bytes)" if width < 8 else "")
        for name, width, confidence in zip(names, widths, confidences)
    )


@cache
def _label(confidence: str, place: str) -> str:
    return f"  {MARKS[confidence]} {place.upper():<9}"


def _table_of(registers: tuple[RegisterAtEntry, ...]) -> str:
    text = _table_form(tuple([register.register for register in registers]))
    return text % tuple([register.value for register in registers])


@cache
def _table_form(names: tuple[str, ...]) -> str:
    """Return the table of registers with a place for each value. Most stacks end with the same registers."""
    cells = [f"{name.upper():>7}: %016x" for name in names]
    return "\n".join("    " + "  ".join(cells[first : first + 3]) for first in range(0, len(cells), 3))


COMMAND = Command(__doc__, add_options, collect, {TaskRegisters: stack_lines})
main = COMMAND.main
