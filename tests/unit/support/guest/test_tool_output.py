# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of ``ss`` as ss 6.1 writes them."""

from __future__ import annotations

import pytest

from support.guest.tool_output import parse_socket

TCP = (
    'ESTAB      2222   0      10.77.0.1:53842 10.77.0.2:7300  users:(("tcp-lossy",pid=174,fd=3)) ino:412 sk:16 '
    "cgroup:/ <-> skmem:(r3118,rb131072) ts sack cubic wscale:7,7 rto:204"
)
LISTENER = "LISTEN     0      64     [fd77::2]:7301       [::]:*     ino:408 sk:64 cgroup:/ v6only:1"
PACKET = 'p_raw UNCONN 8576   0           *:dummy0 * users:(("a b",pid=178,fd=3),("c",pid=9,fd=4)) ino:746 sk:1054'
ORPHAN = "LAST-ACK   1      1      10.77.0.1:55780 10.77.0.2:7301  timer:(on,3.148ms,5) ino:0 sk:e"


def test_a_connection() -> None:
    found = parse_socket(TCP)
    assert (found.state, found.recv_q, found.send_q) == ("ESTAB", 2222, 0)
    assert (found.local, found.peer, found.port) == ("10.77.0.1:53842", "10.77.0.2:7300", 53842)
    assert (found.inode, found.users) == (412, (("tcp-lossy", 174, 3),))
    assert (found.fields["rto"], found.fields["wscale"]) == ("204", "7,7")


def test_an_ipv6_listener() -> None:
    found = parse_socket(LISTENER)
    assert (found.family, found.state, found.send_q, found.local, found.port) == (
        "", "LISTEN", 64, "[fd77::2]:7301", 7301
    )  # fmt: skip


def test_a_line_with_a_family_and_two_users() -> None:
    found = parse_socket(PACKET)
    assert (found.family, found.recv_q, found.local) == ("p_raw", 8576, "*:dummy0")
    assert found.users == (("a b", 178, 3), ("c", 9, 4))


def test_a_socket_without_a_file() -> None:
    found = parse_socket(ORPHAN)
    assert (found.state, found.inode, found.users) == ("LAST-ACK", 0, ())
    assert found.fields["timer"] == "(on,3.148ms,5)"


def test_another_text_is_refused() -> None:
    with pytest.raises(ValueError, match="not a line of ss"):
        parse_socket("Failed to find cgroup2 mount")
