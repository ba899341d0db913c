# SPDX-License-Identifier: GPL-3.0-or-later
"""TCP sockets: listeners, connections, requests for connections, and those in TIME_WAIT.

``from pykdump.linux.inet.tcp import tcp_sockets``. The views TcpSocket, TcpRequest and TcpTimeWait have the same
attributes; what a request or a TIME_WAIT does not have is None.
"""

from __future__ import annotations

from crash import HZ, member_offset, readSU

from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.linux.inet import ntohs
from pykdump.linux.inet.sock import Addresses, InternetSocket
from pykdump.linux.inet.tables import tcp_connections, tcp_listeners, tcp_tables
from pykdump.linux.inet.times import U32, ms_since, seconds_until

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Union

    from crash import StructResult

    TcpState = Union["TcpSocket", "TcpRequest", "TcpTimeWait"]

LISTEN, TIME_WAIT, NEW_SYN_RECV = 10, 6, 12
INFINITE_SSTHRESH = 0x7FFFFFFF  # include/net/tcp.h
ICSK = "struct inet_connection_sock"
# include/net/inet_connection_sock.h: what icsk_pending says about the timer. 1 retransmits, 3 probes a window of zero,
# 5 probes a loss, 6 waits for reordering. /proc/net/tcp and ss show 1, 5 and 6 as "on".
PENDING = {1: "on", 3: "probe", 5: "on", 6: "on"}
CA_STATES = ("Open", "Disorder", "CWR", "Recovery", "Loss")
MAX_ACCEPT_QUEUE = 100_000


class TcpSocket(InternetSocket):
    """A ``struct tcp_sock``: a listener or a connection."""

    protocol = "tcp"

    def __init__(self, address: int) -> None:
        super().__init__(address)
        self.tcp: StructResult = readSU("struct tcp_sock", self.address)
        self.icsk: StructResult = readSU(ICSK, self.address)
        self.listens = self.common.skc_state == LISTEN

    @property
    def receive_queue(self) -> int:
        """Bytes that nobody has read. A listener: connections that wait for accept(), as ss shows it."""
        if self.listens:
            return int(self.sock.sk_ack_backlog)
        return max(_signed(self.tcp.rcv_nxt - self.tcp.copied_seq), 0)

    @property
    def send_queue(self) -> int:
        """Bytes that the other side has not acknowledged, sent or not. A listener: how many may wait for accept()."""
        if self.listens:
            return int(self.sock.sk_max_ack_backlog)
        return int(self.tcp.write_seq - self.tcp.snd_una) & U32

    @property
    def accept_queue(self) -> int | None:
        """A listener: the number of connections that wait for accept()."""
        return int(self.sock.sk_ack_backlog) if self.listens else None

    @property
    def accept_limit(self) -> int | None:
        """A listener: how many may wait; the kernel refuses more than one above it."""
        return int(self.sock.sk_max_ack_backlog) if self.listens else None

    @property
    def syn_queue(self) -> int | None:
        """A listener: the number of connections whose handshake is not complete."""
        return int(self.icsk.icsk_accept_queue.qlen.counter) if self.listens else None

    @property
    def _timer(self) -> tuple[str, int] | None:
        """Its timer as (kind, expiry in jiffies), chosen as get_tcp4_sock() in net/ipv4/tcp_ipv4.c does."""
        kind = PENDING.get(int(self.icsk.icsk_pending))
        if kind:
            return kind, retransmit_expiry()(self)
        keepalive = keepalive_timer()(self)
        return ("keepalive", int(keepalive.expires)) if keepalive.entry.pprev else None

    @property
    def timer(self) -> str | None:
        """Which timer runs: "on" (retransmission), "probe" (zero window), "keepalive" (also that of FIN_WAIT2)."""
        found = self._timer
        return found[0] if found else None

    @property
    def timer_seconds(self) -> float | None:
        """Time until the timer expires; negative if it is late."""
        found = self._timer
        return seconds_until(found[1]) if found else None

    @property
    def retransmits(self) -> int:
        """How often the same data was sent again without an answer."""
        return int(self.icsk.icsk_retransmits)

    @property
    def total_retransmits(self) -> int:
        """Segments that were sent again in the life of the connection."""
        return int(self.tcp.total_retrans)

    @property
    def rto_ms(self) -> float:
        """Time after which data is sent again."""
        return self.icsk.icsk_rto * 1000 / HZ  # type: ignore[no-any-return]

    @property
    def rtt_ms(self) -> float:
        """Smoothed round-trip time."""
        return (self.tcp.srtt_us >> 3) / 1000  # type: ignore[no-any-return]

    @property
    def rtt_deviation_ms(self) -> float:
        """Deviation of the round-trip time."""
        return (self.tcp.mdev_us >> 2) / 1000  # type: ignore[no-any-return]

    @property
    def backoff(self) -> int:
        """How often the time was doubled."""
        return int(self.icsk.icsk_backoff)

    @property
    def congestion_window(self) -> int:
        """Packets that may be under way."""
        return int(self.tcp.snd_cwnd)

    @property
    def slow_start_threshold(self) -> int | None:
        """Packets up to which the window grows quickly; None for no limit."""
        threshold = int(self.tcp.snd_ssthresh)
        return threshold if threshold < INFINITE_SSTHRESH else None

    @property
    def congestion_control(self) -> str | None:
        """The name of its algorithm: "cubic"."""
        algorithm = self.icsk.icsk_ca_ops
        return str(algorithm.name) if algorithm else None

    @property
    def congestion_state(self) -> str:
        """Open, Disorder, CWR, Recovery or Loss (enum tcp_ca_state)."""
        number = int(self.icsk.icsk_ca_state)
        return CA_STATES[number] if number < len(CA_STATES) else str(number)

    @property
    def mss(self) -> int:
        """Bytes in a segment that it sends."""
        return int(self.tcp.mss_cache)

    @property
    def advertised_mss(self) -> int:
        """Bytes in a segment that it accepts, as it told the other side."""
        return int(self.tcp.advmss)

    @property
    def receive_mss(self) -> int:
        """Bytes in a segment that it receives, estimated."""
        return int(self.icsk.icsk_ack.rcv_mss)

    @property
    def path_mtu(self) -> int:
        """The MTU of the path when the mss was computed."""
        return int(self.icsk.icsk_pmtu_cookie)

    @property
    def send_window(self) -> int:
        """Bytes that the other side accepts."""
        return int(self.tcp.snd_wnd)

    @property
    def receive_window(self) -> int:
        """Bytes that it accepts itself."""
        return int(self.tcp.rcv_wnd)

    @property
    def send_scale(self) -> int:
        """Shift of the windows that the other side sends."""
        return int(self.tcp.rx_opt.snd_wscale)

    @property
    def receive_scale(self) -> int:
        """Shift of the windows that it sends."""
        return int(self.tcp.rx_opt.rcv_wscale)

    @property
    def packets_unacknowledged(self) -> int:
        """Packets that were sent and not acknowledged."""
        return int(self.tcp.packets_out)

    @property
    def packets_lost(self) -> int:
        """Packets under way that are considered lost."""
        return int(self.tcp.lost_out)

    @property
    def packets_sacked(self) -> int:
        """Packets under way that the other side has, but not all before them."""
        return int(self.tcp.sacked_out)

    @property
    def packets_retransmitted(self) -> int:
        """Packets under way that were sent again."""
        return int(self.tcp.retrans_out)

    @property
    def bytes_not_sent(self) -> int:
        """Bytes that wait to be sent the first time."""
        return max(_signed(self.tcp.write_seq - self.tcp.snd_nxt), 0)

    @property
    def bytes_acknowledged(self) -> int:
        """Bytes that the other side has acknowledged in the life of the connection."""
        return int(self.tcp.bytes_acked)

    @property
    def bytes_received(self) -> int:
        """Bytes received in the life of the connection."""
        return int(self.tcp.bytes_received)

    @property
    def sent_ms_ago(self) -> int | None:
        """Time since it sent data."""
        return ms_since(int(self.tcp.lsndtime))

    @property
    def received_ms_ago(self) -> int | None:
        """Time since it received data."""
        return ms_since(int(self.icsk.icsk_ack.lrcvtime))

    def accepted(self) -> Iterator[StructResult]:
        """Yield the ``struct sock`` of each connection that waits for accept(), the oldest first."""
        request = self.icsk.icsk_accept_queue.rskq_accept_head
        for _ in range(MAX_ACCEPT_QUEUE):
            if not request:
                return
            yield request.sk
            request = request.dl_next


class _Remnant(Addresses):
    """A connection without a ``struct tcp_sock``. It has nothing of what these attributes are about."""

    protocol = "tcp"
    accept_queue = None
    accept_limit = None
    syn_queue = None
    total_retransmits = None
    rto_ms = None
    rtt_ms = None
    rtt_deviation_ms = None
    backoff = None
    congestion_window = None
    slow_start_threshold = None
    congestion_control = None
    congestion_state = None
    advertised_mss = None
    receive_mss = None
    path_mtu = None
    send_window = None
    receive_window = None
    send_scale = None
    receive_scale = None
    packets_unacknowledged = None
    packets_lost = None
    packets_sacked = None
    packets_retransmitted = None
    bytes_not_sent = None
    bytes_acknowledged = None
    bytes_received = None
    sent_ms_ago = None
    received_ms_ago = None
    receive_memory = None
    send_memory = None
    receive_buffer = None
    send_buffer = None
    backlog = None
    drops = None
    error = None
    user = None
    inode = 0
    socket = 0
    receive_queue = 0
    send_queue = 0


class TcpRequest(_Remnant):
    """A ``struct tcp_request_sock``: a SYN was answered and the handshake is not complete. No process has it yet."""

    def __init__(self, address: int) -> None:
        super().__init__(address)
        self.request: StructResult = readSU("struct request_sock", self.address)

    @property
    def uid(self) -> int:
        """The owner of its listener."""
        listener = self.request.__req_common.skc_listener
        return int(listener.sk_uid.val) if listener else 0

    @property
    def timer(self) -> str | None:
        """ "on": the SYN-ACK will be sent again."""
        return "on"

    @property
    def timer_seconds(self) -> float:
        """Time until the SYN-ACK is sent again."""
        return seconds_until(int(self.request.rsk_timer.expires))

    @property
    def retransmits(self) -> int:
        """How often the time for an answer ran out."""
        return int(self.request.num_timeout)

    @property
    def mss(self) -> int:
        """The mss that the other side told."""
        return int(self.request.mss)


class TcpTimeWait(_Remnant):
    """A ``struct tcp_timewait_sock``: what is left of a closed connection. No process has it any more."""

    retransmits = mss = None

    def __init__(self, address: int) -> None:
        super().__init__(address)
        self.timewait: StructResult = readSU("struct inet_timewait_sock", self.address)

    @property
    def uid(self) -> int:
        """0: it belongs to nobody."""
        return 0

    @property
    def state(self) -> str:
        """TIME_WAIT, or FIN_WAIT2 if the other side has not closed yet."""
        return "FIN_WAIT2" if self.timewait.tw_substate == 5 else "TIME_WAIT"

    @property
    def local_port(self) -> int:
        """Its port."""
        return ntohs(int(self.timewait.tw_sport))

    @property
    def timer(self) -> str | None:
        """ "timewait"."""
        return "timewait"

    @property
    def timer_seconds(self) -> float:
        """Time until it vanishes."""
        return seconds_until(int(self.timewait.tw_timer.expires))


KINDS: dict[int, Callable[[int], TcpState]] = {TIME_WAIT: TcpTimeWait, NEW_SYN_RECV: TcpRequest}


def tcp_sockets(nets: Iterable[StructResult] | None = None) -> Iterator[TcpState]:
    """Yield a view of each TCP socket, the listeners first. The sockets of all namespaces may share a table.

    ``nets`` (``struct net``) tells whose tables are walked, by default all.
    """
    for info in tcp_tables(nets):
        for address in tcp_listeners(info):
            yield TcpSocket(address)
    yield from tcp_not_listening(nets)


def tcp_not_listening(nets: Iterable[StructResult] | None = None) -> Iterator[TcpState]:
    """Yield a view of each TCP socket that does not listen."""
    for info in tcp_tables(nets):
        for address in tcp_connections(info):
            state = readSU("struct sock_common", address).skc_state
            yield KINDS.get(state, TcpSocket)(address)


@memoize_cond(CU_LIVE)
def retransmit_expiry() -> Callable[[TcpSocket], int]:
    """Return the function that reads when the timer of retransmissions expires."""
    # Commit a7c428ee8f59 ("tcp/dccp: remove icsk->icsk_timeout", v6.15): only the timer itself has the time.
    if member_offset(ICSK, "icsk_timeout") >= 0:
        return lambda socket: int(socket.icsk.icsk_timeout)
    if member_offset(ICSK, "icsk_retransmit_timer") >= 0:
        return lambda socket: int(socket.icsk.icsk_retransmit_timer.expires)
    # "tcp: move icsk->icsk_retransmit_timer to sk->tcp_retransmit_timer" (v6.19).
    return lambda socket: int(socket.sock.tcp_retransmit_timer.expires)


@memoize_cond(CU_LIVE)
def keepalive_timer() -> Callable[[TcpSocket], StructResult]:
    """Return the function that finds the ``struct timer_list`` of keepalive and FIN_WAIT2."""
    # "tcp: introduce icsk->icsk_keepalive_timer" (v6.19, and in stable releases of older series).
    if member_offset(ICSK, "icsk_keepalive_timer") >= 0:
        return lambda socket: socket.icsk.icsk_keepalive_timer
    return lambda socket: socket.sock.sk_timer


def _signed(difference: int) -> int:
    """Return a difference of sequence numbers as the kernel's ``s32``."""
    difference &= U32
    return difference - (U32 + 1) if difference >> 31 else difference
