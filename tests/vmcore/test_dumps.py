# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of dump is what its scenario says: crash's own commands and drgn agree with the guest's console."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mpykbuild.vmcore import page_filter
from mpykbuild.vmcore.kdump_pages import KdumpPages
from support.session import CrashSession, Vmcore
from support.truth import Truth

MESSAGES = {"sysrq": "sysrq triggered crash", "nullderef": "Fatal exception"}
MESSAGES["filtered"] = MESSAGES["sysrq"]


def console(vmcore: Vmcore) -> str:
    return (vmcore.truth / "console").read_text(errors="replace")


@pytest.mark.dumps
def test_crash_finds_all_tasks(crash_session: CrashSession, truth: Truth) -> None:
    found = re.findall(r"^[> ] +(\d+) +\d+ +\d+ +[0-9a-f]+ ", crash_session.run("ps"), re.M)
    expected = {task.pid for task in truth.tasks if not task.worker}
    assert expected <= {int(pid) for pid in found}


@pytest.mark.dumps("sysrq", "nullderef", "filtered")
def test_crash_names_the_panic_and_its_task(crash_session: CrashSession, truth: Truth, vmcore: Vmcore) -> None:
    message = f"Kernel panic - not syncing: {MESSAGES[vmcore.scenario]}"
    assert message in console(vmcore)
    assert f'PANIC: "{message}"' in crash_session.run("sys")
    cpu, pid = re.findall(r"CPU: (\d+) .*?PID: (\d+) Comm: mpyk-truth", console(vmcore))[0]
    assert int(pid) == truth.recorder.pid
    assert re.search(rf'^PID: {pid} .* CPU: {cpu} +COMMAND: "mpyk-truth"', crash_session.run("bt"), re.M)


@pytest.mark.dumps("sysrq", "nullderef", "filtered")
def test_the_other_cpu_was_stopped_by_an_nmi(crash_session: CrashSession, truth: Truth) -> None:
    cpus = len(re.findall(r"^processor", truth.text("proc/cpuinfo"), re.M))
    assert re.search(rf"^ +CPUS: {cpus}$", crash_session.run("sys"), re.M)
    assert crash_session.run("bt -a").count("crash_nmi_callback at") == cpus - 1


@pytest.mark.dumps("nullderef")
def test_the_faulting_function_is_on_the_stack(crash_session: CrashSession, vmcore: Vmcore) -> None:
    assert "BUG: kernel NULL pointer dereference, address: 0000000000000048" in console(vmcore)
    (offset,) = set(re.findall(r"RIP: 0010:mpyk_faulting_function\+0x([0-9a-f]+)/", console(vmcore)))
    assert f"[exception RIP: mpyk_faulting_function+{int(offset, 16)}]" in crash_session.run("bt")


@pytest.mark.dumps("live")
def test_a_running_guest_did_not_panic(crash_session: CrashSession) -> None:
    assert 'PANIC: ""' in crash_session.run("sys")


@pytest.mark.dumps("filtered")
def test_the_filter_leaves_out_what_drgn_says_is_not_the_kernels(vmcore: Vmcore, drgn_program: Any) -> None:
    """The names of the flags come from the debuginfo, of which the filter knows nothing."""
    from drgn import FaultError
    from drgn.helpers.linux.mm import decode_page_flags, pfn_to_page

    checked = {"kept": 0, "left out": 0}
    with KdumpPages(vmcore.vmcore) as pages:
        for frame in range(0, max(pages.descriptors), 37):
            try:
                page = pfn_to_page(drgn_program, frame)
                flags = decode_page_flags(page)
                anonymous = page.mapping.value_() & page_filter.ANON and "PG_slab" not in flags
            except FaultError:
                continue
            if frame in pages.descriptors:
                assert "PG_lru" not in flags or not page._refcount.counter.value_(), hex(frame)
                checked["kept"] += 1
            elif "PG_lru" in flags or anonymous:
                checked["left out"] += 1
    assert checked["kept"] > 500 and checked["left out"] > 50


@pytest.mark.dumps("filtered")
def test_pages_of_a_program_are_left_out(crash_session: CrashSession, vmcore: Vmcore, truth: Truth) -> None:
    """crash translates the addresses, because page tables belong to the kernel and stay."""
    (task,) = [task for task in truth.tasks if task.comm == "memory"]
    maps = (task.folder / "../../maps").read_text().splitlines()
    words = crash_session.run(f"vtop -c {task.pid} -u {next(line for line in maps if 'rw-p' in line).split('-')[0]}")
    frame = int(re.findall(r"^ +PAGE: ([0-9a-f]+)", words, re.M)[0], 16) >> page_filter.PAGE_SHIFT
    with KdumpPages(vmcore.vmcore) as pages:
        assert frame not in pages.descriptors
