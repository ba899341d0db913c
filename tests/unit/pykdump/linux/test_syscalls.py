# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of system calls; tests/vmcore/commands/test_crashinfo.py compares numbers and arguments with /proc."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux import syscalls  # noqa: E402


@pytest.mark.parametrize(
    ("function", "name"),
    [
        ("__x64_sys_read", "read"),
        ("__arm64_sys_openat2", "openat2"),
        ("__riscv_sys_write", "write"),
        ("sys_futex", "futex"),
        ("read", "read"),
        ("__x64_sys_sysinfo", "sysinfo"),
    ],
)
def test_the_name_of_an_entry_point(function: str, name: str) -> None:
    assert syscalls.plain_name(function) == name


def test_the_table_ends_where_no_system_call_is(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = {1: "__x64_sys_read", 2: "__x64_sys_ni_syscall", 3: "__x64_sys_open", 4: "some_other_function"}
    table = b"".join(number.to_bytes(8, "little") for number in (1, 2, 3, 4, 1)).ljust(8 * 1024, b"\0")
    monkeypatch.setattr(syscalls, "sym2addr", lambda name: 0x1000)
    monkeypatch.setattr(syscalls, "readmem", lambda address, size: table)
    monkeypatch.setattr(syscalls, "addr2sym", functions.get)
    assert syscalls.syscall_names.__wrapped__() == {0: "read", 2: "open"}


def test_a_kernel_without_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syscalls, "sym2addr", lambda name: 0)
    with pytest.raises(TypeError, match="sys_call_table"):
        syscalls.syscall_names.__wrapped__()
