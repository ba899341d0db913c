# SPDX-License-Identifier: GPL-3.0-or-later
"""What ordinary programs printed inside the guest, shortly before its tasks were recorded: ``truth/tools/``.

The folders ``root``, ``blue`` and ``green`` are network namespaces. What may differ between this and the dump, because
it goes on while the guest waits: timers, retransmits and congestion windows of the connections that lose packets (all
that have a port from 7300 to 7305), counters of the links that carry them (vr0, vb0, lo), and everything about sockets
in TIME_WAIT, which end after a minute. ``lslocks`` ran before the task "lease-breaker" existed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from support.truth import Truth

NETWORKS = ("root", "blue", "green")


@dataclass(frozen=True)
class Socket:
    """One line of ``ss``. ``recv_q`` and ``send_q`` are in bytes, of a listener its queue and its limit."""

    family: str  # u_str, p_raw, v_dgr… where one call lists several families, else empty
    state: str  # as ss writes it: ESTAB, TIME-WAIT
    recv_q: int
    send_q: int
    local: str  # address:port, or a path and an inode number of a unix socket
    peer: str
    inode: int  # 0 if no process has the socket
    users: tuple[tuple[str, int, int], ...]  # comm, PID, fd
    fields: dict[str, str]  # the words "key:value" behind the addresses

    @property
    def port(self) -> int:
        return int(self.local.rpartition(":")[2])


# The family (only where one call lists several), the state, and the two queues. Unix addresses may contain blanks.
_LINE = re.compile(r"(?:([a-z]+_\w+|nl|\?\?\?) +)?([A-Z][A-Z0-9-]+) +(\d+) +(\d+) +(.*)")
_USER = re.compile(r'\("((?:[^"\\]|\\.)*)",pid=(\d+),fd=(\d+)\)')


def parse_socket(line: str) -> Socket:
    """Return the socket of one line of ``ss -HOanoeimp``. Raises ValueError if the line has another form."""
    match = _LINE.match(line)
    if not match:
        raise ValueError(f"not a line of ss: {line!r}")
    family, state, recv_q, send_q, rest = match.groups()
    local, peer, *words = rest.split()
    pairs = (re.match(r"([\w-]+):(\S+)", word) for word in words)
    fields = {pair[1]: pair[2] for pair in pairs if pair}
    users = tuple((comm, int(pid), int(fd)) for comm, pid, fd in _USER.findall(rest))
    inode = int(fields.get("ino", "0"))
    return Socket(family or "", state, int(recv_q), int(send_q), local, peer, inode, users, fields)


def sockets(truth: Truth, network: str, kind: str) -> list[Socket]:
    """Return the sockets of a namespace. ``kind`` is tcp, udp, raw, packet, vsock, mptcp or sctp."""
    return [parse_socket(line) for line in truth.lines(f"tools/{network}/ss-{kind}")]


def read_json(truth: Truth, path: str) -> Any:
    """Return what a program printed as JSON: ``read_json(truth, "root/ip-route")``."""
    return json.loads(truth.text(f"tools/{path}.json"))
