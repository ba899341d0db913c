# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a network interface."""

from __future__ import annotations

from pykdump.command_layer import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

ERRORS = ("rx_errors", "tx_errors")


def findings_of(view: Any) -> Iterator[Finding]:
    """Yield what is wrong with a view of an interface."""
    if view.is_up and not view.has_carrier:
        yield Finding("link-down", f"{view.name} is up and has no link.", (), (view.address,))
    for address in view.addresses():
        if "dadfailed" in address.flags:
            text = f"The address {address.ip} of {view.name} is not used: another machine has it."
            yield Finding("duplicate-address", text, (), (view.address,))
    yield from _counted(view)
    yield from _stopped(view)
    if view.link_kind == "bond":
        yield from _bond(view)


def _counted(view: Any) -> Iterator[Finding]:
    from pykdump.linux.inet.devices.counters import counters

    values = counters(view.dev) or {}
    wrong = [f"{values[name]} {name}" for name in ERRORS if values.get(name)]
    if wrong:
        yield Finding("interface-errors", f"{view.name} has counted {' and '.join(wrong)}.", (), (view.address,))


def _stopped(view: Any) -> Iterator[Finding]:
    """Yield a finding if packets wait in front of a queue that the driver has stopped."""
    from pykdump.linux.inet.devices.qdiscs import qdiscs

    if not view.is_up or not view.has_carrier:
        return
    stopped = view.stopped_queues()
    waiting = sum(each.queued_packets for each in qdiscs(view.dev)) if stopped else 0
    if waiting:
        numbers = ", ".join(map(str, stopped))
        text = f"{view.name} has stopped transmit queue {numbers}; {waiting} packets wait."
        yield Finding("transmit-queue-stopped", text, (), (view.address,))


def _bond(view: Any) -> Iterator[Finding]:
    from pykdump.linux.inet.devices.kinds import bond_members

    for member in bond_members(view.dev):
        if member.link != "up":
            text = f"The member {member.device} of {view.name} has no link ({member.link})."
            yield Finding("bond-member-down", text, (), (member.address,))
