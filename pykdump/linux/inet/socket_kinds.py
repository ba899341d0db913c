# SPDX-License-Identifier: GPL-3.0-or-later
"""The right view for any ``struct sock``, and its two ends as text."""

from __future__ import annotations

from pykdump.linux.inet.netlink import NetlinkSocket
from pykdump.linux.inet.packet import PacketSocket
from pykdump.linux.inet.sock import InternetSocket, Socket
from pykdump.linux.inet.sockets import P_FAMILIES, protoName
from pykdump.linux.inet.tcp import TcpSocket
from pykdump.linux.inet.udp import RawSocket, UdpLiteSocket, UdpSocket
from pykdump.linux.inet.unix import UnixSocket
from pykdump.linux.inet.vsock import VsockSocket

AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK = 1, 2, 10, 16, 17, 40
RAW = 3
FAMILIES: dict[int, type[Socket]] = {
    AF_UNIX: UnixSocket, AF_NETLINK: NetlinkSocket, AF_PACKET: PacketSocket, AF_VSOCK: VsockSocket,
}  # fmt: skip
PROTOCOLS: dict[int, type[InternetSocket]] = {6: TcpSocket, 17: UdpSocket, 136: UdpLiteSocket}


def view_of(address: int) -> Socket:
    """Return the view of a ``struct sock``: TcpSocket, UnixSocket and so on, or Socket for a family without a view."""
    plain = Socket(address)
    family = plain.family
    if family not in (AF_INET, AF_INET6):
        return FAMILIES.get(family, Socket)(address)
    if plain.sock.sk_type == RAW:
        return RawSocket(address)
    return PROTOCOLS.get(plain.protocol_number, InternetSocket)(address)


def family_name(family: int) -> str:
    """Return "inet", "unix" and so on for AF_INET, AF_UNIX…"""
    known = {AF_UNIX: "unix", AF_NETLINK: "netlink"}  # these have several names
    return known.get(family) or (P_FAMILIES.value2key(family) or str(family)).removeprefix("PF_").lower()


def protocol_name(view: Socket) -> str:
    """Return the name of a socket's protocol, "" if its family has only one."""
    if isinstance(view, (UnixSocket, PacketSocket, VsockSocket)):
        return ""
    if isinstance(view, NetlinkSocket):
        return view.protocol
    return protoName(view.protocol_number) if isinstance(view, InternetSocket) else str(view.protocol_number)


def ends(view: Socket) -> tuple[str, str]:
    """Return what a socket is bound to and what it is connected to, as text."""
    if isinstance(view, InternetSocket):
        return f"{view.local}:{view.local_port or '*'}", f"{view.remote}:{view.remote_port or '*'}"
    if isinstance(view, UnixSocket):
        return view.path, f"inode {view.peer_inode}" if view.peer else ""
    if isinstance(view, NetlinkSocket):
        return f"port {view.port}", ""
    if isinstance(view, PacketSocket):
        return f"interface {view.interface or 'any'}, ethertype {view.ethertype:#06x}", ""
    if isinstance(view, VsockSocket):
        return f"{_any(view.local_cid)}:{_any(view.local_port)}", f"{_any(view.remote_cid)}:{_any(view.remote_port)}"
    return "", ""


def _any(number: int) -> str:
    return "*" if number == 0xFFFFFFFF else str(number)
