# SPDX-License-Identifier: GPL-3.0-or-later
"""PCI under old names: the order of a tree of resources."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.legacy import pci_reports  # noqa: E402

ROOT, A, B, C = 0x1000, 0x2000, 0x3000, 0x4000


def tree() -> fake_crash.Kernel:
    """A has the child B; C follows A."""
    kernel = fake_crash.install()
    kernel.layouts["struct resource"] = {}
    link = "ptr struct resource"
    kernel.define("struct resource", start="u64", end="u64", name="char[8]", parent=link, sibling=link, child=link)
    kernel.make("struct resource", ROOT, end=0xFFFF, child=A)
    kernel.make("struct resource", A, end=0xFF, name="a", parent=ROOT, sibling=C, child=B)
    kernel.make("struct resource", B, start=0x10, end=0x1F, name="b", parent=A)
    kernel.make("struct resource", C, start=0x100, end=0x1FF, name="c", parent=ROOT)
    return kernel


def test_the_next_one() -> None:
    kernel = tree()
    order = [pci_reports.next_resource(kernel.view("struct resource", at)) for at in (A, B, C)]
    assert [int(each or 0) for each in order] == [B, C, 0]


@pytest.mark.parametrize(("end", "width"), [(0xFFFE, 4), (0xFFFFF, 8)])
def test_lines(capsys: pytest.CaptureFixture[str], end: int, width: int) -> None:
    kernel = tree()
    root = kernel.make("struct resource", ROOT, end=end, child=A)
    pci_reports.walk_resource(root)
    assert capsys.readouterr().out.splitlines() == [
        f"{0:0{width}x}-{0xFF:0{width}x} : a",
        f"  {0x10:0{width}x}-{0x1F:0{width}x} : b",
        f"{0x100:0{width}x}-{0x1FF:0{width}x} : c",
    ]
