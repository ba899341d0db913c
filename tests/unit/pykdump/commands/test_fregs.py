# SPDX-License-Identifier: GPL-3.0-or-later
"""The text and the choice of tasks of fregs."""

from __future__ import annotations

from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

import crash  # noqa: E402

from pykdump.command_layer import Problem, Text  # noqa: E402
from pykdump.commands import fregs  # noqa: E402
from pykdump.commands.fregs import CalledFunction, FunctionArgument, RegisterAtEntry, TaskRegisters  # noqa: E402

ROWS = [(0xFFFF1000, 1, 0, 0, 0, "init", 0), (0xFFFF2000, 12, 0, 0, 0, "sh", 0), (0xFFFF3000, 13, 0, 0, 0, "sh", 0)]


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crash, "tasks", lambda: ROWS, raising=False)
    monkeypatch.setattr(crash, "exec_crash_command", lambda command: "  PID: 12\n  TASK: ffff2000  [THREAD]\n")
    monkeypatch.setattr(crash, "sysfacts", lambda: {"machine": "x86_64"})


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        (None, [0xFFFF2000]), ("1", [0xFFFF1000]), ("ffff3000", [0xFFFF3000]), ("0xffff3000", [0xFFFF3000]),
        ("sh", [0xFFFF2000, 0xFFFF3000]), ("d", [0xFFFF3000]),
    ],
)  # fmt: skip
def test_the_chosen_tasks(text: str | None, tasks: list[int]) -> None:
    assert fregs._chosen(text) == tasks


def collected(*words: str) -> list[Any]:
    return list(fregs.COMMAND.events(words))


def test_a_task_that_does_not_exist() -> None:
    (problem,) = collected("99")
    assert isinstance(problem, Problem) and "'99'" in problem.reason


def test_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crash, "sysfacts", lambda: {"machine": "aarch64"})
    (problem,) = collected("1")
    assert isinstance(problem, Problem) and "aarch64" in problem.reason


def function(**more: Any) -> CalledFunction:
    values: dict[str, Any] = {
        "level": 1, "function": "vfs_read", "module": None, "address": 0xFFFFFFFF81000010, "offset": 16, "stack": 0,
        "line": "", "registers": (), "arguments": (), "exception": (), "user": False,
    }  # fmt: skip
    return CalledFunction(**{**values, **more})


def lines(*functions: CalledFunction) -> list[str]:
    return "\n".join(fregs.stack_lines(TaskRegisters(7, 0xFFFF1000, 1, "sh", "orc", functions))).split("\n")


def test_registers_in_text() -> None:
    registers = (RegisterAtEntry("di", 0x1000, 8, "known"), RegisterAtEntry("si", 0x5, 4, "likely"))
    assert lines(function(registers=registers)) == [
        "",
        "PID: 7  TASK: ffff1000  CPU: 1  COMMAND: sh",
        "",
        "#1 vfs_read+0x10  at ffffffff81000010",
        "  + DI        0x1000",
        "  ~ SI        0x5  (low 4 bytes)",
    ]


def test_arguments_in_text_are_not_repeated_as_registers() -> None:
    registers = (RegisterAtEntry("di", 0xFFFF5000, 8, "known"), RegisterAtEntry("bx", 3, 8, "known"))
    arguments = (
        FunctionArgument(1, "file", "struct file *", "di", 0xFFFF5000, "0xffff5000", "known", "/etc/passwd"),
        FunctionArgument(2, "", "size_t", "si", None, "?", "", ""),
    )
    found = lines(function(registers=registers, arguments=arguments, module="ext4", line="fs/read_write.c:10"))
    assert found[3:] == [
        "#1 vfs_read+0x10 [ext4]  at ffffffff81000010",
        "    fs/read_write.c:10",
        "  + DI        arg1 struct file * file = 0xffff5000  = /etc/passwd",
        "    SI        arg2 size_t = ?",
        "  + BX        0x3",
    ]


def test_the_registers_of_an_exception_in_text() -> None:
    saved = tuple([RegisterAtEntry(name, 16, 8, "known") for name in ("ip", "sp", "ax", "bx")])
    assert lines(function(exception=saved, user=True))[4:] == [
        "    registers of the user:",
        "         IP: 0000000000000010       SP: 0000000000000010       AX: 0000000000000010",
        "         BX: 0000000000000010",
    ]


def filled(*functions: CalledFunction) -> list[str]:
    """Return the text of a stack by the form of one with other values."""
    registers = [register for function in functions for register in (*function.registers, *function.exception)]
    values = [register.value for register in registers]
    for register in registers:
        register.value = 0x999
    form = fregs.text_form(TaskRegisters(1, 1, 0, "a", "orc", functions))
    return (form % (7, 0xFFFF1000, 1, "sh", *values)).split("\n")


def some_functions() -> tuple[CalledFunction, ...]:
    registers = (RegisterAtEntry("di", 0x1000, 8, "known"), RegisterAtEntry("si", 0x5, 4, "likely"))
    saved = tuple([RegisterAtEntry(name, 16, 8, "known") for name in ("ip", "sp", "ax", "bx")])
    return (
        function(function="a%d", module="m%s", registers=registers),
        function(level=2, function="b"),
        function(level=3, exception=saved, user=True),
    )


def test_the_form_of_a_text_gives_the_text_of_other_values() -> None:
    assert filled(*some_functions()) == lines(*some_functions())


class Known:
    """Instead of a form, the words and a plan: the stack of init is known."""

    def values(self, task: int, form: Known, words: Known) -> tuple[Known, tuple[int, ...]] | None:
        return (self, (0x1000, 5)) if task == ROWS[0][0] else None

    def received(self, words: Known) -> tuple[int, ...]:
        return (16, 16, 16, 16)


def test_all_tasks_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Known stacks are written by their form, the others by their records; a task that runs has no form."""
    from pykdump.linux import arguments, stacks

    made: list[int] = []

    def registers(stack: stacks.Stack, *_: object) -> TaskRegisters:
        made.append(stack.pid)
        return TaskRegisters(stack.pid, stack.task, 1, stack.comm, "orc", some_functions() if stack.pid < 13 else ())

    def stack_of_row(row: Any) -> stacks.Stack:
        return stacks.Stack(row[0], row[1], 1, row[5], (), "orc", "broken" if row[1] == 13 else None)

    known = Known()
    monkeypatch.setattr(crash, "tasks", lambda: [ROWS[0], *ROWS, ROWS[0]], raising=False)
    monkeypatch.setattr(arguments, "KnownForms", Known)
    monkeypatch.setattr(stacks, "known_form", lambda task: (known, known) if task != ROWS[2][0] else None)
    monkeypatch.setattr(stacks, "stack_of_row", stack_of_row)
    monkeypatch.setattr(fregs, "task_registers", registers)
    options = fregs.COMMAND.parser().parse_args(["-A"])
    options.as_text = True
    *texts, problem, last = fregs.COMMAND._collect(options)
    init = "\n".join(fregs.stack_lines(TaskRegisters(1, ROWS[0][0], 0, "init", "orc", some_functions())))
    shell = "\n".join(fregs.stack_lines(TaskRegisters(12, ROWS[1][0], 1, "sh", "orc", some_functions())))
    assert [*texts, last] == [Text(init), Text(init), Text(shell), Text(init)]
    assert isinstance(problem, Problem) and problem.reason == "broken"
    assert made == [1, 12, 13], "one stack of init, for its form"


def test_source_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'Line 42 of "kernel/sched/core.c" starts at address 0x10 <f> and ends at 0x20 <f+16>.\n'
    monkeypatch.setattr(crash, "exec_gdb_command", lambda command: text)
    assert fregs.source_line(0x12) == "kernel/sched/core.c:42"
    monkeypatch.setattr(crash, "exec_gdb_command", lambda command: "No line number information available\n")
    assert fregs.source_line(0x12) == ""
