# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a socket."""

from __future__ import annotations

from pykdump.command_layer import Finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

SENDING = ("ESTABLISHED", "FIN_WAIT1", "CLOSE_WAIT", "CLOSING", "LAST_ACK")


def findings_of(view: Any) -> Iterator[Finding]:
    """Yield what is wrong with a view of a socket of IPv4 or IPv6."""
    if view.protocol != "tcp":
        if view.drops:
            yield Finding("socket-drops", f"{_name(view)} has dropped {view.drops} packets.", (), (view.address,))
    elif view.state == "LISTEN":
        yield from listener_findings(view, _name(view))
    else:
        yield from _tcp_findings(view)


def listener_findings(view: Any, name: str) -> Iterator[Finding]:
    """Yield what is wrong with a listener of TCP, UNIX or VSOCK."""
    queue, limit = view.accept_queue, view.accept_limit
    # sk_acceptq_is_full() (include/net/sock.h) lets one connection more than the limit wait.
    if queue and queue > limit:
        text = f"{queue} connections to {name} wait for accept(), the limit is {limit}: new ones are refused."
        yield Finding("accept-queue-full", text, (), (view.address,))
    handshakes = getattr(view, "syn_queue", None)
    # inet_csk_reqsk_queue_is_full() (include/net/inet_connection_sock.h)
    if handshakes and handshakes >= limit:
        text = f"{handshakes} handshakes with {name} are not complete, the limit is {limit}."
        yield Finding("syn-queue-full", text, (), (view.address,))


def _tcp_findings(view: Any) -> Iterator[Finding]:
    if view.retransmits and (view.send_queue or view.state == "SYN_SENT"):
        text = f"{_name(view)} has sent the same data {view.retransmits + 1} times without an answer."
        yield Finding("tcp-retransmitting", text, (), (view.address,))
    if view.state in SENDING and view.send_window == 0 and view.send_queue:
        text = f"{_name(view)} cannot send {view.send_queue} bytes: the other side accepts none (zero window)."
        yield Finding("tcp-zero-window", text, (), (view.address,))
    if view.state == "ESTABLISHED" and view.receive_window == 0 and view.receive_queue:
        text = f"{_name(view)} accepts no more data: {view.receive_queue} bytes wait to be read."
        yield Finding("tcp-not-read", text, (), (view.address,))


def _name(view: Any) -> str:
    local = f"{view.local}:{view.local_port}"
    if view.state == "LISTEN" or view.protocol != "tcp":
        return f"{view.protocol} {local}"
    return f"{view.protocol} {local} > {view.remote}:{view.remote_port}"
