# SPDX-License-Identifier: GPL-3.0-or-later
"""sysctl on the real dump: what the guest read from its own /proc/sys, and the kernel's variables by drgn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.session import CrashSession, Vmcore
from support.truth import Truth

Document = Callable[[str], dict[str, Any]]
# The recorder's own work and reports of hung tasks change these between the record and the dump; only their number of
# words is compared.
COUNTERS = {"fs.dentry-state", "fs.file-nr", "fs.inode-nr", "fs.inode-state", "kernel.hung_task_warnings"}


@pytest.fixture(scope="module")
def values(document: Document) -> dict[str, str | None]:
    found = document("sysctl")
    assert found["problems"] == []
    return {row["name"]: row["value"] for row in found["records"]}


def test_values_equal_those_of_the_guest(values: dict[str, str | None], truth: Truth, vmcore: Vmcore) -> None:
    root = truth.folder / "proc/sys"
    recorded = {".".join(path.relative_to(root).parts): path for path in root.rglob("*") if path.is_file()}
    assert len(recorded) > 20
    assert set(recorded) <= set(values)
    for name, path in recorded.items():
        theirs, ours = path.read_text().split(), values[name]
        assert ours is not None, name
        if name in COUNTERS:
            assert len(ours.split()) == len(theirs), name
        elif name == "kernel.tainted":
            assert int(ours) == vmcore.taints(int(*theirs))
        else:
            assert ours.split() == theirs, name


def test_values_equal_what_the_guests_sysctl_printed(values: dict[str, str | None], truth: Truth) -> None:
    """`sysctl -a` of the guest; a value of several lines has several rows. It writes dots in names as slashes."""
    if not (truth.folder / "tools/sysctl").is_file():
        pytest.skip("the guest had no program sysctl")
    recorded: dict[str, list[str]] = {}
    for line in truth.lines("tools/sysctl"):
        name, separator, value = line.partition(" = ")
        if separator:
            recorded.setdefault(name.replace("/", "."), []).extend(value.split())
    assert len(recorded) > 1000
    assert recorded.keys() <= values.keys()
    told = {name: value.split() for name, value in values.items() if value is not None}
    # The guest goes on to work after that, with more files and connections; a panic changes the console and the taints.
    changed = {"net.netfilter.nf_conntrack_count", "kernel.printk", "kernel.tainted"}
    same = recorded.keys() & told.keys() - COUNTERS - changed
    different = {name for name in same if told[name] != recorded[name]}
    assert different == set()
    assert len(recorded.keys() - told.keys()) < 50


def test_values_equal_the_kernels_variables(values: dict[str, str | None], drgn_program: Any) -> None:
    ipv4 = drgn_program["init_net"].ipv4
    ports = ipv4.ip_local_ports.range.value_()
    low, high = (ports & 0xFFFF, ports >> 16) if isinstance(ports, int) else ports
    groups = ipv4.ping_group_range.range
    theirs = {
        "net.ipv4.ip_local_port_range": f"{low}\t{high}",
        "net.ipv4.ping_group_range": f"{groups[0].val.value_()}\t{groups[1].val.value_()}",
        "net.ipv4.tcp_congestion_control": ipv4.tcp_congestion_control.name.string_().decode(),
        "net.core.default_qdisc": drgn_program["default_qdisc_ops"].id.string_().decode(),
        "vm.dirty_ratio": str(drgn_program["vm_dirty_ratio"].value_()),
        "kernel.printk": "\t".join(str(level.value_()) for level in drgn_program["console_printk"]),
        "net.ipv4.fib_multipath_hash_policy": str(ipv4.sysctl_fib_multipath_hash_policy.value_()),
    }
    assert {name: values[name] for name in theirs} == theirs
    assert (low, high) == (32768, 60999), "the kernel's default"


def test_what_cannot_be_told(values: dict[str, str | None]) -> None:
    """Only handlers that compute a value in a way of their own."""
    unknown = [name for name, value in values.items() if value is None]
    assert len(values) > 1000
    assert len(unknown) < len(values) // 10
    assert "vm.stat_refresh" in unknown


@pytest.mark.parametrize("options", ["", "--all", "-a", "vm net/ipv4", "'net.*rmem.*'", "--findings"])
def test_each_option(crash_session: CrashSession, options: str) -> None:
    output = crash_session.run(f"sysctl {options}")
    assert "Traceback" not in output
    assert "Cannot tell" not in output


def test_some_variables(document: Document, values: dict[str, str | None]) -> None:
    names = [row["name"] for row in document("sysctl vm")["records"]]
    assert names == [name for name in values if name.startswith("vm.")]
    assert [row["name"] for row in document("sysctl vm.swappiness")["records"]] == ["vm.swappiness"]
    assert {row["name"] for row in document("sysctl net/ipv4/tcp_[rw]mem")["records"]} == {
        "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
    }  # fmt: skip
