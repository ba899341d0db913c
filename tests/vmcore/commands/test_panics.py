# SPDX-License-Identifier: GPL-3.0-or-later
"""crashinfo on dumps of panics names the cause, the CPU, the task and the place, as the guest's console had them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from support.session import Vmcore
from support.truth import Truth

from .conftest import Document


@pytest.fixture(scope="module")
def console(vmcore: Vmcore) -> str:
    return (vmcore.truth / "console").read_text(errors="replace")


@pytest.fixture(scope="module")
def page(document: Document) -> dict[str, Any]:
    return document("crashinfo")


def cause_of(page: dict[str, Any]) -> dict[str, Any]:
    (cause,) = [record for record in page["records"] if record["kind"] == "panic-cause"]
    return dict(cause)


@pytest.mark.dumps("sysrq", "nullderef", "filtered")
def test_the_cpu_and_the_task_that_panicked(page: dict[str, Any], console: str, truth: Truth) -> None:
    cpu, pid = re.findall(r"CPU: (\d+) .*?PID: (\d+) Comm: mpyk-truth", console)[0]
    cause = cause_of(page)
    assert (cause["cpu"], cause["tid"], cause["comm"]) == (int(cpu), int(pid), "mpyk-truth")
    assert int(pid) == truth.recorder.pid


@pytest.mark.dumps("sysrq", "filtered")
def test_a_sysrq_is_the_cause(page: dict[str, Any]) -> None:
    cause = cause_of(page)
    assert (cause["cause"], cause["message"], cause["function"]) == ("sysrq", "sysrq triggered crash", None)


@pytest.mark.dumps("nullderef")
def test_the_faulting_function_and_instruction(page: dict[str, Any], console: str) -> None:
    (offset,) = set(re.findall(r"RIP: 0010:mpyk_faulting_function\+0x([0-9a-f]+)/", console))
    cause = cause_of(page)
    assert cause["cause"] == "null-dereference"
    assert (cause["function"], cause["offset"]) == ("mpyk_faulting_function", int(offset, 16))
    assert cause["module"] == "mpyk_testmod"
    (finding,) = [finding for finding in page["findings"] if finding["id"] == "kernel-panic"]
    assert "mpyk_faulting_function" in finding["message"]
    assert finding["severity"] == "critical"


@pytest.mark.dumps("sysrq", "nullderef")
def test_a_panic_costs_no_part_of_the_page(page: dict[str, Any]) -> None:
    assert page["problems"] == []


@pytest.mark.dumps("filtered")
def test_only_excluded_pages_cost_parts_of_the_page(page: dict[str, Any]) -> None:
    assert all(problem["reason"].endswith("excluded from the dump") for problem in page["problems"])
