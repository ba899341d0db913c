# SPDX-License-Identifier: GPL-3.0-or-later
"""The output of ss(8), which the guest records: a row for each socket."""

from __future__ import annotations

import re
from dataclasses import dataclass

STATES = {"ESTAB": "ESTABLISHED", "UNCONN": "CLOSE", "FIN-WAIT-1": "FIN_WAIT1", "FIN-WAIT-2": "FIN_WAIT2"}
SKMEM = ("r", "rb", "t", "tb", "f", "w", "o", "bl", "d")


@dataclass(frozen=True)
class Row:
    """A socket. ``words`` are its fields with a colon, such as {"rto": "204", "cwnd": "10"}."""

    state: str
    receive_queue: int
    send_queue: int
    local: str
    remote: str
    pids: frozenset[int]
    inode: int
    memory: dict[str, int]
    words: dict[str, str]
    line: str

    def numbers(self, name: str) -> list[float]:
        """The numbers of a field: "rtt:0.1/0.05" gives [0.1, 0.05]; [] if it is not there."""
        return [float(n) for n in re.split("[/,]", self.words[name])] if name in self.words else []


def parse(line: str) -> Row:
    """Parse a line of ``ss -Hnaoeimp`` about sockets of IPv4 or IPv6."""
    state, received, sending, local, remote, rest = (line + " ").split(None, 5)
    users = re.search(r"users:\((.*?)\)\)", rest)
    memory = re.search(r"skmem:\((.*?)\)", rest)
    inode = re.search(r"\bino:(\d+)", rest)
    words = dict(
        word.split(":", 1) for word in rest.split() if ":" in word and not word.startswith(("users:", "skmem:"))
    )
    return Row(
        STATES.get(state, state.replace("-", "_")), int(received), int(sending), plain(local), plain(remote),
        frozenset(map(int, re.findall(r"pid=(\d+)", users[1]))) if users else frozenset(),
        int(inode[1]) if inode else 0,
        {name: int(text[len(name):]) for name, text in zip(SKMEM, memory[1].split(","))} if memory else {},
        words, line,
    )  # fmt: skip


def plain(address: str) -> str:
    """Write an address as xportshow does: "[::1]:22" as "::1:22", "*:58" as ":::58", without "%interface"."""
    ip, _, port = address.rpartition(":")
    ip = ip.strip("[]").partition("%")[0]
    return f"{'::' if ip == '*' else ip}:{port}"
