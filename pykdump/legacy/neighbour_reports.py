# SPDX-License-Identifier: GPL-3.0-or-later
"""The neighbours of all network namespaces, as the classic's module neighbour printed them."""

from __future__ import annotations

from crash import Addr, addr2sym, error, readmem

from pykdump.c_constants import CDefine, dbits2str
from pykdump.linux.inet.devices.interfaces import LINK_TYPES
from pykdump.linux.inet.netdevice import hwaddr2str
from pykdump.linux.inet.routing import neighbours as tables
from pykdump.linux.inet.skbuff import queued
from pykdump.linux.inet.sockets import P_FAMILIES
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crash import StructResult

NUD = CDefine("\n".join(f"#define NUD_{name} {bit}" for bit, name in tables.STATES.items()) + "\n#define NUD_NONE 0\n")


def print_neighbour_info(v: int = 0) -> None:
    """Print each table of neighbours: that of ARP and that of NDISC."""
    for table in tables.neighbour_tables():
        print("===", table, P_FAMILIES.value2key(int(table.family)), addr2sym(int(table)))
        print_neighbour_table(table, v)


def print_neighbour_table(tbl: StructResult, v: int = 0) -> None:
    """Print the neighbours in a ``struct neigh_table``, and the addresses that this machine answers for.

    With ``v`` the number of packets that wait for each neighbour, with 2 the packets themselves.
    """
    print("IP ADDRESS        HW TYPE    HW ADDRESS           DEVICE  STATE")
    print("----------        -------    ----------           ------  -----")
    for found in tables.neighbours(tbl):
        try:
            _print_neighbour(found, v)
        except error as problem:
            pylog.error(f"{found.neighbour} cannot be read: {problem}")
    for proxy in tables.proxies(tbl):
        device = proxy.entry.dev
        kind, name = (_link_type(device), str(device.name)) if device else ("", "*")
        print(_row(proxy.destination, kind, "", name, "PROXY"))
    print()


def _print_neighbour(found: tables.Neighbour, v: int) -> None:
    neighbour, device = found.neighbour, found.neighbour.dev
    length = min(int(device.addr_len), tables.MAX_ADDRESS)
    # Also that of a neighbour that never answered, as in /proc/net/arp.
    hardware = hwaddr2str(readmem(Addr(neighbour, "ha"), length), length) if length else ""
    state = dbits2str(int(neighbour.nud_state), NUD, len("NUD_"))
    print(_row(found.destination, _link_type(device), hardware, str(device.name), state))
    if not v:
        return
    print(f"   {neighbour}  arp_queue_len={found.queued}")
    for packet in queued(neighbour.arp_queue) if v > 1 else ():
        print(f"\t{packet}")
    print("-" * 78)


def _row(address: str, kind: str, hardware: str, device: str, state: str) -> str:
    return f"{address:<16s}  {kind:<10s} {hardware:<20s} {device:<7s} {state}"


def _link_type(device: StructResult) -> str:
    """Return the type of a ``struct net_device``: "ETHER", "LOOPBACK"."""
    number = int(device.type)
    return LINK_TYPES[number].upper() if number in LINK_TYPES else str(number)
