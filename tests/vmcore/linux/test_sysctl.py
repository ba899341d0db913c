# SPDX-License-Identifier: GPL-3.0-or-later
"""sysctl variables, compared with what the guest read from its own /proc/sys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from support.truth import Truth

Inside = Callable[[str, str], Any]
SYSCTL = "from LinuxDump.sysctl import getCtlData, getCtlTables"
# The recorder's own work changes these between the record and the dump; only their first words are compared.
COUNTERS = {"fs.dentry-state": 0, "fs.file-nr": 0, "fs.inode-nr": 0}


def recorded(truth: Truth) -> dict[str, list[str]]:
    """{name: its words} of all that the guest recorded below /proc/sys."""
    root = truth.folder / "proc/sys"
    files = [path for path in root.rglob("*") if path.is_file()]
    return {".".join(p.relative_to(root).parts): p.read_text().split() for p in files}


def words(value: object) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list) else str(value).split()


def test_values_equal_those_of_proc_sys(inside: Inside, truth: Truth) -> None:
    kernels_values = recorded(truth)
    assert len(kernels_values) > 20
    found = inside(
        SYSCTL, f"(lambda t: {{n: getCtlData(t[n]) for n in {sorted(kernels_values)} if n in t}})(getCtlTables())"
    )
    assert set(found) == set(kernels_values)
    for name, expected in kernels_values.items():
        kernels_values = words(found[name])
        if name in COUNTERS:
            assert kernels_values[-1].endswith("more elements") == (len(expected) > 5)
            assert all(word.isdigit() for word in kernels_values[:5] if " " not in word)
            assert abs(int(kernels_values[0]) - int(expected[0])) < 1000
        else:
            assert kernels_values == expected, name


def test_values_equal_the_kernels_variables(inside: Inside, drgn_program: Any) -> None:
    ipv4 = drgn_program["init_net"].ipv4
    expected = {
        "vm.dirty_ratio": drgn_program["vm_dirty_ratio"].value_(),
        "kernel.printk": [level.value_() for level in drgn_program["console_printk"]],
        # In seconds. The tick of this kernel is 4 ms, and crash assumes another value.
        "net.ipv4.tcp_fin_timeout": ipv4.sysctl_tcp_fin_timeout.value_() * 4 // 1000,
        "net.ipv4.tcp_sack": ipv4.sysctl_tcp_sack.value_(),
        "kernel.hung_task_timeout_secs": drgn_program["sysctl_hung_task_timeout_secs"].value_(),
        "vm.swappiness": drgn_program["vm_swappiness"].value_(),
    }
    assert inside(SYSCTL, f"(lambda t: {{n: getCtlData(t[n]) for n in {list(expected)}}})(getCtlTables())") == expected
    assert expected["net.ipv4.tcp_fin_timeout"] == 60


def test_what_has_no_value_is_a_question_mark(inside: Inside) -> None:
    assert inside(SYSCTL, "(lambda t: [getCtlData(t['vm.stat_refresh']), len(t) > 1000])(getCtlTables())") == [
        "(?)", True,
    ]  # fmt: skip


def test_each_namespace_has_its_own(inside: Inside, truth: Truth) -> None:
    pid = truth.named("ns-all").pid
    proxy = f"readSU('struct task_struct', pid_to_task({pid})).nsproxy"
    found = inside(
        SYSCTL,
        f"(lambda a, b: [int(a[n]) != int(b[n]) for n in ('net.ipv4.ip_forward', 'kernel.sem', 'vm.swappiness')])"
        f"(getCtlTables(), getCtlTables({proxy}))",
    )
    assert found == [True, True, False]
