# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of an interface."""

from __future__ import annotations

import dataclasses
from typing import Any

from support import fake_crash

fake_crash.install()

from pykdump.commands.xport import interfaces  # noqa: E402


def record(**given: Any) -> interfaces.InterfaceDetails:
    values: dict[str, Any] = {field.name: 0 for field in dataclasses.fields(interfaces.InterfaceDetails)}
    texts = dict.fromkeys(("name", "state", "link_type", "hardware_address", "broadcast", "queueing"), "x")
    lists: dict[str, Any] = dict.fromkeys(("flags", "upper", "lower", "features", "addresses"), ())
    values.update(texts, **lists, counters=None, link_kind=None, master=None, alias=None, details=None, driver=None)
    return interfaces.InterfaceDetails(**{**values, **given})


def test_what_it_has_not_is_left_out() -> None:
    text = "\n".join(interfaces.interface_lines(record()))
    assert "None" not in text and "master" not in text and "only the driver knows" in text and "features: none" in text


def test_counters() -> None:
    values = dict.fromkeys(interfaces.InterfaceCounters.__dataclass_fields__, 0)
    counters = interfaces.InterfaceCounters(**{**values, "rx_packets": 7, "rx_crc_errors": 3})
    lines = list(interfaces._counter_lines(counters))
    assert lines[0].startswith("    rx: 7 packets, 0 bytes") and lines[2] == "    rx_crc_errors 3"


def test_addresses() -> None:
    four = interfaces.Address(4, "10.0.0.1", 24, None, "10.0.0.255", "global", "eth0:1", ("permanent",), None)
    six = interfaces.Address(6, "fd00::1", 64, "fd00::2", None, "link", "", (), 30)
    assert interfaces._address_text(four) == "inet 10.0.0.1/24 broadcast 10.0.0.255 scope global permanent eth0:1"
    assert interfaces._address_text(six) == "inet6 fd00::1/64 peer fd00::2 scope link valid for 30 s"
    assert record(addresses=(four, six)).address_text == "10.0.0.1/24 fd00::1/64"


def test_a_module_without_types_costs_only_the_details() -> None:
    def missing(device: object) -> None:
        raise TypeError("There is no type")

    assert interfaces.or_none(missing, 1) is None
    assert interfaces.or_none(lambda device: device, 1) == 1
