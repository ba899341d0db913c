# SPDX-License-Identifier: GPL-3.0-or-later
"""pci on the real dump: the guest's /proc/bus/pci/devices, /proc/iomem and /proc/ioports, and drgn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from support.session import CrashSession
from support.truth import Truth

Document = Callable[[str], dict[str, Any]]
REGIONS = ["BAR0", "BAR1", "BAR2", "BAR3", "BAR4", "BAR5", "ROM"]
# The low bits of a base address say what it is (PCI specification).
LOW_BITS = {"io": 1, "mem": 0, "mem prefetch": 8, "mem64": 4, "mem64 prefetch": 12}


def devices(document: Document, options: str = "") -> list[dict[str, Any]]:
    return [row for row in document(f"pci {options}".strip())["records"] if row["kind"] == "device"]


def as_in_proc(row: dict[str, Any]) -> list[str]:
    """The words of the line that /proc/bus/pci/devices has for a record."""
    _, bus, slot = row["name"].split(":")
    number, function = slot.split(".")
    resources = {each["name"]: each for each in row["resources"]}
    starts, sizes = [], []
    for name in REGIONS:
        each = resources.get(name)
        starts.append(f"{int(each['start'], 16) | LOW_BITS[each['resource_kind']]:x}" if each else "0")
        sizes.append(f"{each['size']:x}" if each else "0")
    place = f"{int(bus, 16):02x}{int(number, 16) << 3 | int(function):02x}"
    driver = [row["driver"]] if row["driver"] else []
    return [place, row["vendor"] + row["device"], f"{row['irq']:x}", *starts, *sizes, *driver]


def test_devices_equal_those_of_the_guest(document: Document, truth: Truth) -> None:
    theirs = [line.split() for line in truth.lines("proc/bus/pci/devices")]
    ours = [as_in_proc(row) for row in devices(document)]
    assert sorted(ours) == sorted(theirs)
    assert len(ours) > 4
    assert any(words[-1] == "virtio-pci" for words in ours)


def test_devices_equal_those_of_drgn(document: Document, drgn_program: Any) -> None:
    from drgn.helpers.linux.pci import for_each_pci_dev, pci_name

    theirs = {}
    for device in for_each_pci_dev(drgn_program):
        code = device.member_("class").value_()
        enabled = device.enable_cnt.counter.value_()
        theirs[str(pci_name(device))] = [hex(device.value_()), f"{code:06x}", device.revision.value_(), enabled]
    keys = ("address", "class_code", "revision", "enabled")
    assert {row["name"]: [row[key] for key in keys] for row in devices(document)} == theirs
    assert {row["state"] for row in devices(document)} == {"normal"}


@pytest.mark.parametrize(("option", "path"), [("--iomem", "proc/iomem"), ("--ioports", "proc/ioports")])
def test_resources_equal_those_of_the_guest(document: Document, truth: Truth, option: str, path: str) -> None:
    theirs = []
    for line in truth.lines(path):
        place, _, name = line.strip().partition(" : ")
        start, end = (int(word, 16) for word in place.split("-"))
        theirs.append([(len(line) - len(line.lstrip())) // 2, start, end, name])
    found = document(f"pci {option}")["records"]
    ours = [[row["depth"], int(row["start"], 16), int(row["end"], 16), row["name"]] for row in found]
    assert ours == theirs
    assert len(ours) > 10


@pytest.mark.parametrize("options", ["", "-v", "--iomem", "--ioports", "0000:00:00.0", "--findings"])
def test_each_option(crash_session: CrashSession, options: str) -> None:
    output = crash_session.run(f"pci {options}")
    assert "Traceback" not in output
    assert "Cannot tell" not in output


def test_some_devices(document: Document) -> None:
    assert [row["name"] for row in devices(document, "0000:00:00.0")] == ["0000:00:00.0"]
    (problem,) = document("pci 0000:ff:1f.7")["problems"]
    assert problem == {"part": "the PCI device 0000:ff:1f.7", "reason": "there is no such device"}
