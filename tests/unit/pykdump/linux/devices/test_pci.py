# SPDX-License-Identifier: GPL-3.0-or-later
"""PCI: names, kinds and sizes of resources, and a damaged tree."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.devices import pci  # noqa: E402

ROOT, A, B, C = 0x1000, 0x2000, 0x3000, 0x4000


def resources() -> fake_crash.Kernel:
    kernel = fake_crash.install()
    kernel.layouts["struct resource"] = {}
    kernel.define(
        "struct resource", start="u64", end="u64", flags="u64", sibling="ptr struct resource",
        child="ptr struct resource",
    )  # fmt: skip
    return kernel


@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        (0, ""),
        (0x101, "io"),
        (0x200, "mem"),
        (0x2208, "mem prefetch"),
        (0x10220C, "mem64 prefetch"),
        (0x100204, "mem64"),
    ],
)
def test_kinds_of_resources(flags: int, kind: str) -> None:
    assert pci.resource_kind(resources().make("struct resource", A, flags=flags)) == kind


@pytest.mark.parametrize(("start", "end", "size"), [(0x1000, 0x1FFF, 0x1000), (0, 0, 0), (5, 5, 0), (9, 3, 0)])
def test_sizes_of_resources(start: int, end: int, size: int) -> None:
    assert pci.resource_size(resources().make("struct resource", A, start=start, end=end)) == size


def test_the_tree_of_resources() -> None:
    kernel = resources()
    kernel.variables["iomem_resource"] = kernel.make("struct resource", ROOT, child=A)
    kernel.make("struct resource", A, child=B, sibling=C)
    kernel.make("struct resource", B)
    kernel.make("struct resource", C)
    assert [(depth, int(each)) for depth, each in pci.io_resources("iomem_resource")] == [(0, A), (1, B), (0, C)]


def test_a_tree_that_comes_back_to_itself_ends() -> None:
    kernel = resources()
    kernel.variables["iomem_resource"] = kernel.make("struct resource", ROOT, child=A)
    kernel.make("struct resource", A, child=A, sibling=B)
    kernel.make("struct resource", B, sibling=A)
    assert [int(each) for _, each in pci.io_resources("iomem_resource")] == [A, B]


@pytest.mark.parametrize(("code", "name"), [(0x020000, "network"), (0x010802, "storage"), (0xFF0000, "class 0xff")])
def test_names_of_classes(code: int, name: str) -> None:
    kernel = fake_crash.install()
    kernel.define("struct pci_dev", **{"class": "u32"})
    assert pci.class_name(kernel.make("struct pci_dev", A, **{"class": code})) == name


@pytest.mark.parametrize(("number", "state"), [(0, "normal"), (1, "normal"), (2, "frozen"), (3, "failed"), (9, "9")])
def test_states_after_errors(number: int, state: str) -> None:
    kernel = fake_crash.install()
    kernel.define("struct pci_dev", error_state="u32")
    assert pci.channel_state(kernel.make("struct pci_dev", A, error_state=number)) == state


def test_a_machine_without_pci() -> None:
    fake_crash.install()
    assert list(pci.pci_devices()) == []
