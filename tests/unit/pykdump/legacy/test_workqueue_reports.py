# SPDX-License-Identifier: GPL-3.0-or-later
"""Workqueues under old names: where the pool_workqueue of a CPU is, and constants."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.legacy import workqueue_reports  # noqa: E402

WQ, POINTERS, PWQ = 0x1000, 0x5000, 0x6000


@pytest.mark.parametrize("modern", [True, False], ids=["6.6", "6.1"])
def test_the_pool_workqueue_of_a_cpu(monkeypatch: pytest.MonkeyPatch, modern: bool) -> None:
    kernel = fake_crash.install()
    kernel.define("struct pool_workqueue", nr_active="s32")
    kernel.define("struct workqueue_struct", flags="u32", **{"cpu_pwq" if modern else "cpu_pwqs": "ptr"})
    monkeypatch.setattr(workqueue_reports, "percpu_ptr", lambda pointer, cpu: pointer + 0x100 * cpu)
    if modern:
        kernel.write_pointer(POINTERS + 0x100, PWQ)
        wq = kernel.make("struct workqueue_struct", WQ, cpu_pwq=POINTERS)
    else:
        wq = kernel.make("struct workqueue_struct", WQ, cpu_pwqs=PWQ - 0x100)
    assert int(workqueue_reports.get_pwq(wq, 1)) == PWQ


def test_constants_are_read_when_they_are_used() -> None:
    kernel = fake_crash.install()
    kernel.enums["enum"] = {"WORK_CPU_UNBOUND": 8192, "WORK_CPU_NONE": 8193}
    assert [workqueue_reports.NR_CPUS, workqueue_reports.WORK_CPU_NONE] == [8192, 8193]
    with pytest.raises(AttributeError):
        workqueue_reports.no_such_name  # noqa: B018


def test_a_header(capsys: pytest.CaptureFixture[str]) -> None:
    kernel = fake_crash.install()
    kernel.define("struct workqueue_struct", name="char[8]", first_flusher="ptr")
    wq = kernel.make("struct workqueue_struct", WQ, name="events")
    workqueue_reports.WQ_header(wq)
    workqueue_reports.WQ_header(wq, False)
    assert capsys.readouterr().out == f"   {'events':-^25}   <struct workqueue_struct 0x1000>\n"
