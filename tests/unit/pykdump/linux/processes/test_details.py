# SPDX-License-Identifier: GPL-3.0-or-later
"""Details of made-up tasks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.processes import details  # noqa: E402


class Struct(SimpleNamespace):
    def hasField(self, name: str) -> bool:
        return hasattr(self, name)


def task(**members: Any) -> Any:
    class Task(SimpleNamespace):
        def __int__(self) -> int:
            return 0x1000

    return Task(ts=Struct(**members))


def test_limits() -> None:
    limit = SimpleNamespace(rlim_cur=(1 << 64) - 1, rlim_max=5)
    found = list(details.limits(task(signal=SimpleNamespace(rlim=[limit] * 16))))
    assert found[0] == ("Max cpu time", None, 5)
    assert found[15][0] == "Max realtime timeout"
    assert list(details.limits(task(signal=0))) == []


@pytest.mark.parametrize("new", [True, False])
def test_credentials(new: bool) -> None:
    bits = Struct(val=0x1FF_FFFF_FFFF) if new else Struct(cap=[0xFFFF_FFFF, 0x1FF])
    sets = {f"cap_{name}": bits for name in details.CAPABILITIES}
    info = SimpleNamespace(ngroups=2, gid=[SimpleNamespace(val=4), SimpleNamespace(val=27)])
    made = task(real_cred=SimpleNamespace(group_info=info, **sets))
    assert details.groups(made) == [4, 27]
    assert dict(details.capabilities(made))["effective"] == 0x1FF_FFFF_FFFF


def test_scheduling() -> None:
    made = task(
        policy=2, static_prio=125, start_boottime=7, se=SimpleNamespace(sum_exec_runtime=9),
        sched_info=SimpleNamespace(run_delay=3), real_start_time=8,
    )  # fmt: skip
    assert (details.policy_name(made), details.nice(made), details.run_nanoseconds(made)) == ("RR", 5, 9)
    kernel = fake_crash.install()
    kernel.define("struct task_struct", start_boottime="u64")
    assert (details.start_nanoseconds(made), details.wait_nanoseconds(made)) == (7, None)
    kernel.define("sched_info", run_delay="u64")
    kernel.define("struct task_struct", sched_info="sched_info")
    assert (details.start_nanoseconds(made), details.wait_nanoseconds(made)) == (8, 3)


def test_flags() -> None:
    assert details.flag_names(0x200000 | 0x40 | 0x2) == ["FORKNOEXEC", "KTHREAD"]


def test_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[int] = []
    kernel = fake_crash.install()
    kernel.write(0x7000, b"prog\0-x\0two words\0")
    monkeypatch.setattr(details, "set_readmem_task", chosen.append)
    made = task(mm=SimpleNamespace(arg_start=0x7000, arg_end=0x7012))
    assert details.command_line(made) == "prog -x two words"
    assert details.command_line(task(mm=SimpleNamespace(arg_start=0x9000, arg_end=0x9010))) is None
    assert details.command_line(task(mm=SimpleNamespace(arg_start=0, arg_end=0))) == ""
    assert details.command_line(task(mm=0)) == ""
    assert chosen == [0x1000, 0, 0x1000, 0]


def test_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(details, "full_path", lambda dentry, mount: f"/{dentry}")
    path = {name: SimpleNamespace(dentry=name, mnt=0) for name in ("exe", "pwd", "root")}
    made = task(
        mm=SimpleNamespace(exe_file=SimpleNamespace(f_path=path["exe"])),
        fs=SimpleNamespace(pwd=path["pwd"], root=path["root"]),
    )
    assert list(details.paths(made)) == [("exe", "/exe"), ("cwd", "/pwd"), ("root", "/root")]
    assert list(details.paths(task(mm=0, fs=0))) == []
