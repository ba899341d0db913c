# SPDX-License-Identifier: GPL-3.0-or-later
"""fregs on the real dump: the chain of calls of the test module, with the arguments that it recorded."""

from __future__ import annotations

import re
from typing import Any

import pytest

from support import hangs
from support.hangs import Argument
from support.session import CrashSession
from support.truth import Truth

from .conftest import Document

pytestmark = pytest.mark.dumps
OPTIONS = ["", "-a", "-aa", "-l", "-r schedule", "-u", "-u -aa", "-A", "-A -r vfs_ -a", "-V", "-v", "-d",
           "mpyk-calls -a", "-h", "-l -aa 1", "0"]  # fmt: skip


@pytest.fixture(scope="module")
def recorded(truth: Truth) -> list[Argument]:
    found = hangs.load(truth).arguments
    if not found:
        pytest.skip("the module is left out of the vmcore of this kernel")
    return found


@pytest.fixture(scope="module")
def calls(document: Document, recorded: list[Argument]) -> dict[tuple[str, str], dict[str, Any]]:
    """{(task, function): the function's record}, of the tasks that the module keeps in its chain of calls."""
    found = {}
    for comm in {argument.role for argument in recorded}:
        page = document(f"fregs -aa {comm}")
        assert page["problems"] == []
        for stack in page["records"]:
            assert stack["comm"] == comm
            found.update({(comm, function["function"]): function for function in stack["functions"]})
    return found


def test_every_argument_of_the_chain_is_found(
    calls: dict[tuple[str, str], dict[str, Any]], recorded: list[Argument]
) -> None:
    for argument in recorded:
        found = calls[argument.role, argument.function]["arguments"][argument.number - 1]
        assert (found["name"], found["number"]) == (argument.name, argument.number)
        assert found["type"] == argument.ctype.replace("const ", ""), argument
        value = int(found["value"], 0) if isinstance(found["value"], str) else found["value"]
        assert value % 2**64 & argument.value == argument.value, argument
        assert value == argument.value or value < 0 or "*" in argument.ctype, argument
        assert found["confidence"] == "known" or not argument.kept, argument


# {type: what its description says for the recorded text}
DESCRIPTIONS = {
    "struct dentry *": lambda text: f"{text.removeprefix('/run')} of tmpfs tmpfs on /run",
    "struct inode *": lambda text: f"{text.removeprefix('/run')} of tmpfs tmpfs on /run",
    "struct file *": str,
    "struct task_struct *": lambda text: f"PID 1 {text}",
    "struct super_block *": lambda text: f"{text} tmpfs on /run",
    "const char *": lambda text: f'"{text}"',
}


def test_pointers_are_described(calls: dict[tuple[str, str], dict[str, Any]], recorded: list[Argument]) -> None:
    compared = set()
    for argument in recorded:
        found = calls[argument.role, argument.function]["arguments"][argument.number - 1]
        if argument.ctype in DESCRIPTIONS:
            assert found["points_to"] == DESCRIPTIONS[argument.ctype](argument.text), argument
            compared.add(argument.ctype)
        elif argument.ctype in ("struct socket *", "struct sock *"):
            protocol, address = argument.text.split()
            assert found["points_to"].startswith(f"{protocol.lower()} {address} "), argument
            compared.add(argument.ctype)
    assert len(compared) == len(DESCRIPTIONS) + 2


def test_the_registers_at_the_end_of_a_stack_are_those_of_the_system_call(document: Document, truth: Truth) -> None:
    (stack,) = document("fregs 1")["records"]
    last = stack["functions"][-1]
    registers = {register["register"]: int(register["value"], 0) for register in last["exception"]}
    words = [int(word, 0) for word in truth.text("proc/1/task/1/syscall").split()]
    assert last["user"]
    assert [registers[name] for name in ("orig_ax", "di", "si", "dx", "r10", "r8", "r9", "sp", "ip")] == words


def test_types_are_those_of_gdb(crash_session: CrashSession, document: Document) -> None:
    compared = 0
    for stack in document("fregs -u -a")["records"][:20]:
        for function in stack["functions"]:
            name = function["function"]
            text = (
                crash_session.run(f"gdb ptype {name}") if function["module"] is None and function["arguments"] else ""
            )
            match = re.match(r"type = .*?\((.*)\)$", text.strip())
            if match and "(" not in match[1]:
                types = re.sub(r"\b(const|volatile) ", "", match[1]).split(", ")
                assert [a["type"].replace(" ", "") for a in function["arguments"]] == [
                    t.replace(" ", "") for t in types
                ], name  # fmt: skip
                compared += 1
    assert compared > 20


@pytest.mark.parametrize("options", OPTIONS)
def test_every_option_runs(crash_session: CrashSession, options: str) -> None:
    output = crash_session.run(f"fregs {options}", timeout=120)
    assert output.strip() and "Traceback" not in output


def test_uninterruptible_tasks_and_parts_of_names(document: Document, truth: Truth) -> None:
    found = document("fregs -u -r schedule")["records"]
    assert {stack["pid"] for stack in found} >= {t.pid for t in truth.user_tasks if t.state == "D"}
    assert all("schedule" in function["function"] for stack in found for function in stack["functions"])


def test_no_task_fails(document: Document, truth: Truth) -> None:
    page = document("fregs -A -a")
    assert [problem for problem in page["problems"] if problem["part"].startswith("the registers")] == []
    found = {stack["pid"] for stack in page["records"]}
    assert found >= {task.pid for task in truth.user_tasks if task.state in "SD"}


def test_wrong_usage(crash_session: CrashSession) -> None:
    assert "no task with the PID, address or name 'nobody'" in crash_session.run("fregs nobody")
    assert "not allowed with" in crash_session.run("fregs -u -A")


def test_source_lines(crash_session: CrashSession) -> None:
    assert re.search(r"#0 __schedule\+.*\n +\S*kernel/sched/core\.c:\d+$", crash_session.run("fregs -l 1"), re.M)
