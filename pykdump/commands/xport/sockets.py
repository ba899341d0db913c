# SPDX-License-Identifier: GPL-3.0-or-later
"""sockets: TCP, UDP, UDP-Lite, raw and ping sockets of xportshow, in one line each or with all details."""

from __future__ import annotations

from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Finding, Problem, item
from pykdump.command_layer.events import UNREADABLE, reason_of
from pykdump.commands.xport.common import chosen_nets, maker, net_title, rounded
from pykdump.commands.xport.socket_findings import findings_of
from pykdump.linux.inet import tcp, udp

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from pykdump.command_layer.reports import Layouts


@dataclass
class Socket:
    """A socket of IPv4 or IPv6."""

    protocol: str = item("tcp, udp, udplite, raw or ping")
    ip_version: int = item("4 or 6")
    receive_queue: int = item("received and not read; a listener: connections that wait for accept()", unit="bytes")
    send_queue: int = item("not acknowledged or not sent; a listener: how many connections may wait", unit="bytes")
    local: str = item("its address")
    local_port: int = item("its port; of a raw socket: the protocol; 0: none")
    remote: str = item("the address of the other side; 0.0.0.0 or :: if it is not connected")
    remote_port: int = item("the port of the other side, 0: none")
    state: str = item("state, with the names of TCP; CLOSE: not connected")
    inode: int = item("number of its inode, 0: no process has it")
    address: int = item("struct sock *, struct request_sock * or struct tcp_timewait_sock *", unit="address")
    net: int = item("struct net *", unit="address")
    pids: tuple[int, ...] | None = item("processes that have it open; null if nobody asked for them")

    @property
    def name(self) -> str:
        """ "tcp" or "tcp6"."""
        return self.protocol + ("6" if self.ip_version == 6 else "")

    @property
    def local_text(self) -> str:
        """Address and port."""
        return endpoint(self.local, self.local_port)

    @property
    def remote_text(self) -> str:
        """Address and port of the other side."""
        return endpoint(self.remote, self.remote_port)

    @property
    def owners(self) -> str:
        """The PIDs, "-" if nobody asked for them."""
        return "-" if self.pids is None else ",".join(map(str, self.pids))


@dataclass
class DatagramSocket(Socket):
    """A UDP, UDP-Lite, raw or ping socket with all details."""

    uid: int = item("its owner, as root sees it")
    interface: int = item("index of the interface that it is bound to, 0: none")
    receive_memory: int = item("memory of what was received", unit="bytes")
    send_memory: int = item("memory of what is to be sent", unit="bytes")
    receive_buffer: int = item("limit of receive_memory", unit="bytes")
    send_buffer: int = item("limit of send_memory", unit="bytes")
    backlog: int = item("received while a process had the socket locked", unit="bytes")
    pending: int = item("held back by a process with MSG_MORE or UDP_CORK", unit="bytes")
    drops: int = item("packets that were dropped")
    error: int = item("errno that the next call gets, 0: none")
    user: str | None = item("function of a user inside the kernel that gets the data")


@dataclass
class TcpSocket(Socket):
    """A TCP socket with all details. What a listener, a request or a TIME_WAIT does not have is null."""

    uid: int = item("its owner, as root sees it")
    interface: int = item("index of the interface that it is bound to, 0: none")
    accept_queue: int | None = item("a listener: connections that wait for accept()")
    accept_limit: int | None = item("a listener: connections that may wait")
    syn_queue: int | None = item("a listener: handshakes that are not complete")
    timer: str | None = item("on (retransmission), probe (zero window), keepalive, timewait; null: none")
    timer_seconds: float | None = item("until the timer expires; negative: it is late", unit="s")
    retransmits: int | None = item("how often the same data was sent again without an answer")
    total_retransmits: int | None = item("segments that were sent again in the connection's life")
    rto_ms: float | None = item("time after which data is sent again", unit="ms")
    backoff: int | None = item("how often that time was doubled")
    rtt_ms: float | None = item("smoothed round-trip time", unit="ms")
    rtt_deviation_ms: float | None = item("deviation of the round-trip time", unit="ms")
    congestion_control: str | None = item("algorithm")
    congestion_state: str | None = item("Open, Disorder, CWR, Recovery or Loss")
    congestion_window: int | None = item("packets that may be under way")
    slow_start_threshold: int | None = item("packets up to which the window grows quickly; null: no limit")
    mss: int | None = item("size of the segments that it sends", unit="bytes")
    advertised_mss: int | None = item("size of segments that it accepts", unit="bytes")
    receive_mss: int | None = item("size of the segments that it receives, estimated", unit="bytes")
    path_mtu: int | None = item("MTU of the path", unit="bytes")
    send_window: int | None = item("what the other side accepts", unit="bytes")
    receive_window: int | None = item("what it accepts itself", unit="bytes")
    send_scale: int | None = item("shift of the windows that the other side sends", unit="bits")
    receive_scale: int | None = item("shift of the windows that it sends", unit="bits")
    packets_unacknowledged: int | None = item("packets that were sent and not acknowledged")
    packets_lost: int | None = item("packets of these that are considered lost")
    packets_sacked: int | None = item("packets of these that arrived although some before them did not")
    packets_retransmitted: int | None = item("packets of these that were sent again")
    bytes_not_sent: int | None = item("waiting to be sent the first time", unit="bytes")
    bytes_acknowledged: int | None = item("acknowledged in the connection's life", unit="bytes")
    bytes_received: int | None = item("received in the connection's life", unit="bytes")
    sent_ms_ago: int | None = item("since it sent data", unit="ms")
    received_ms_ago: int | None = item("since it received data", unit="ms")
    receive_memory: int | None = item("memory of what was received", unit="bytes")
    send_memory: int | None = item("memory of what is to be sent", unit="bytes")
    receive_buffer: int | None = item("limit of receive_memory", unit="bytes")
    send_buffer: int | None = item("limit of send_memory", unit="bytes")
    backlog: int | None = item("received while a process had the socket locked", unit="bytes")
    drops: int | None = item("packets that were dropped")
    error: int | None = item("errno that the next call gets, 0: none")
    user: str | None = item("function of a user inside the kernel that gets the data")


def endpoint(address: str, port: int) -> str:
    """Return address and port as netstat writes them: "10.0.0.1:22", "::1:22", "0.0.0.0:*"."""
    return f"{address}:{port or '*'}"


class Selection:
    """Which sockets the options ask for."""

    def __init__(self, options: argparse.Namespace, nets: Iterable[int]) -> None:
        self.nets = {int(net) for net in nets}
        self.listening = options.all or options.listening
        self.connected = not options.listening
        self.port = options.port
        self.state = options.tcpstate
        self.retransmitting = options.retransonly

    def takes(self, view: Any) -> bool:
        """Return whether a view is wanted."""
        if view.net not in self.nets:
            return False
        is_tcp = view.protocol == "tcp"
        state = view.state
        if self.state and is_tcp:  # a state that was named is wanted, listening or not
            if state != self.state:
                return False
        elif not (self.listening if _listens(state, is_tcp) else self.connected):
            return False
        if self.port and self.port not in (view.local_port, view.remote_port):
            return False
        return not self.retransmitting or bool(is_tcp and view.retransmits)


def _listens(state: str, is_tcp: bool) -> bool:
    """Return whether a socket waits for anybody: a listener of TCP, any other socket that is not connected."""
    return state == "LISTEN" if is_tcp else state != "ESTABLISHED"


def sources(options: argparse.Namespace) -> Iterator[tuple[str, Callable[[], Iterable[Any]]]]:
    """Yield (name, generator function) of each kind of socket that is wanted."""
    named = options.tcp or options.udp or options.raw or options.unix or options.tcpstate or options.retransonly
    every = not named and (options.all or options.listening)
    nets = chosen_nets(options)
    if every or options.tcp or options.tcpstate or options.retransonly:
        walk = tcp.tcp_sockets if options.all or options.listening or options.tcpstate else tcp.tcp_not_listening
        yield "TCP sockets", lambda: walk(nets)
    if every or options.udp:
        yield "UDP sockets", lambda: udp.udp(nets)
        yield "UDP-Lite sockets", udp.udplite
    if every or options.raw:
        yield "raw sockets", udp.raw
        yield "ping sockets", udp.ping


def internet_sockets(options: argparse.Namespace, pids: dict[int, tuple[int, ...]] | None) -> Iterator[object]:
    """Yield the sockets that the options ask for, as they are found, and then what is wrong with them."""
    nets = [int(net) for net in chosen_nets(options)]
    selection = Selection(options, nets)
    record = _record_maker(options.verbose, pids)
    wrong: list[Finding] = []
    events = (e for name, walk in sources(options) for e in _records(name, walk, selection, record, wrong))
    yield from events if len(nets) == 1 else _by_net(nets, events)
    yield from wrong


def _by_net(nets: Iterable[int], events: Iterable[object]) -> Iterator[object]:
    """Sort records by namespace: the namespaces share their tables."""
    groups: dict[int, list[object]] = {net: [] for net in nets}
    for event in events:
        if isinstance(event, Socket):
            groups[event.net].append(event)
        else:
            yield event
    for net, records in groups.items():
        yield net_title(net)
        yield from records


def _records(
    name: str,
    walk: Callable[[], Iterable[Any]],
    selection: Selection,
    record: Callable[[Any], object],
    wrong: list[Finding],
) -> Iterator[object]:
    try:
        for view in walk():
            try:
                if selection.takes(view):
                    yield record(view)
                    wrong += findings_of(view)
            except UNREADABLE as problem:
                yield Problem(f"the socket at {view.address:#x}", reason_of(problem))
    except UNREADABLE as problem:
        yield Problem(name, reason_of(problem))


def _record_maker(verbose: int, pids: dict[int, tuple[int, ...]] | None) -> Callable[[Any], object]:
    """Return the function that makes the record of a view."""
    brief, tcp_socket, datagram_socket = (maker(kind, "pids") for kind in (Socket, TcpSocket, DatagramSocket))

    def make(view: Any) -> object:
        make_kind = brief if not verbose else tcp_socket if view.protocol == "tcp" else datagram_socket
        return make_kind(view, None if pids is None else pids.get(view.socket, ()))

    return make


def _head(record: Socket) -> Iterator[str]:
    yield f"{record.name:<8} {record.state:<11} {record.local_text} > {record.remote_text}  at {record.address:#x}"


def _owner(record: TcpSocket | DatagramSocket) -> str:
    pids = "" if record.pids is None else f", PIDs {' '.join(map(str, record.pids)) or 'none'}"
    bound = f", bound to interface {record.interface}" if record.interface else ""
    return f"    inode {record.inode}, UID {record.uid}{pids}{bound}"


def _buffers(record: TcpSocket | DatagramSocket) -> Iterator[str]:
    if record.receive_buffer is not None:
        yield (
            f"    memory: received {record.receive_memory} of {record.receive_buffer}, to send {record.send_memory} of "
            f"{record.send_buffer}, backlog {record.backlog}; {record.drops} packets dropped"
        )
    if record.error:
        yield f"    error {record.error} is reported by the next call"
    if record.user:
        yield f"    data goes to {record.user} in the kernel"


def datagram_lines(record: DatagramSocket) -> Iterator[str]:
    """Return the text of a UDP, UDP-Lite, raw or ping socket."""
    yield from _head(record)
    pending = f", {record.pending} pending" if record.pending else ""
    yield f"    queues: {record.receive_queue} received, {record.send_queue} to send{pending}"
    yield from _buffers(record)
    yield _owner(record)


def tcp_lines(record: TcpSocket) -> Iterator[str]:
    """Return the text of a TCP socket."""
    yield from _head(record)
    if record.accept_queue is not None:
        yield f"    accept queue {record.accept_queue} of {record.accept_limit}, handshakes {record.syn_queue}"
    if record.timer is not None and record.timer_seconds is not None:
        yield f"    timer: {record.timer} in {rounded(record.timer_seconds)} s, retransmits {record.retransmits}"
    if record.accept_queue is None and record.rto_ms is not None:
        yield from _connection(record)
    yield from _buffers(record)
    yield _owner(record)


def _connection(record: TcpSocket) -> Iterator[str]:
    unsent = f"({record.bytes_not_sent} not sent yet)" if record.bytes_not_sent else ""
    yield f"    queues: {record.receive_queue} received, {record.send_queue} to send {unsent}".rstrip()
    yield (
        f"    windows: receive {record.receive_window} (scale {record.receive_scale}), send {record.send_window} "
        f"(scale {record.send_scale})"
    )
    yield (
        f"    RTO {rounded(record.rto_ms or 0)} ms, backoff {record.backoff}, RTT {rounded(record.rtt_ms or 0)} ms "
        f"+- {rounded(record.rtt_deviation_ms or 0)}, sent {ago(record.sent_ms_ago)}, "
        f"received {ago(record.received_ms_ago)}"
    )
    threshold = "none" if record.slow_start_threshold is None else record.slow_start_threshold
    yield (
        f"    {record.congestion_control} {record.congestion_state}: window {record.congestion_window}, threshold "
        f"{threshold}; MSS {record.mss}, advertised {record.advertised_mss}, path MTU {record.path_mtu}"
    )
    yield (
        f"    packets: {record.packets_unacknowledged} unacknowledged, {record.packets_lost} lost, "
        f"{record.packets_sacked} sacked, {record.packets_retransmitted} sent again; retransmits {record.retransmits} "
        f"now, {record.total_retransmits} in all"
    )


def ago(ms: int | None) -> str:
    """Return a time in the past as text."""
    return "never" if ms is None else f"{rounded(ms / 1000)} s ago"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add no options: xportshow has them."""


TABLES: Layouts = {
    Socket: (
        Column("PROTO", "name", left=True),
        Column("RECV-Q", "receive_queue"),
        Column("SEND-Q", "send_queue"),
        Column("LOCAL", "local_text", left=True),
        Column("REMOTE", "remote_text", left=True),
        Column("STATE", "state", left=True),
        Column("INODE", "inode"),
        Column("PIDS", "owners", left=True),
    ),
    TcpSocket: tcp_lines,
    DatagramSocket: datagram_lines,
}
COMMAND = Command(__doc__, add_options, lambda options: internet_sockets(options, None), TABLES)
