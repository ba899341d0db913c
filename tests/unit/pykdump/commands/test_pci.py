# SPDX-License-Identifier: GPL-3.0-or-later
"""pci: columns and lines of resources."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands import pci  # noqa: E402


def test_columns() -> None:
    resources = (pci.Resource("BAR0", "io", 0xC140, 0x20), pci.Resource("BAR1", "mem", 0xFEBFC000, 0x1000))
    device = pci.Device(
        "0000:01:00.0", 2, 0, "network", "020000", "8086", "100e", 1, 5, 1, "normal", -1, "e1000", resources
    )
    assert device.name_text == "    0000:01:00.0"
    assert (device.class_text, device.id_text) == ("network 020000", "8086:100e")
    assert pci._resources(resources) == "io 0xc140+0x20, mem 0xfebfc000+0x1000"


@pytest.mark.parametrize(
    ("depth", "line"), [(0, "00001000-0009fbff : System RAM"), (2, "    00001000-0009fbff : System RAM")]
)
def test_lines_as_in_proc_iomem(depth: int, line: str) -> None:
    assert list(pci._io_line(pci.IoResource(depth, 0x1000, 0x9FBFF, "System RAM"))) == [line]
