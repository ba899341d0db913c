# SPDX-License-Identifier: GPL-3.0-or-later
"""Sockets and network devices, compared with the guest's /proc/net."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.session import CrashSession
from support.truth import Truth

Inside = Callable[[str, str], Any]
PROTO = "from LinuxDump.inet.proto import *\nfrom LinuxDump.inet import *"
MINE = "not s.wrongNameSpace()"


def table(truth: Truth, name: str) -> list[list[str]]:
    """Rows of a file of /proc/net without its heading."""
    return [line.split() for line in truth.lines(f"proc/net/{name}")[1:] if line.strip()]


def rows_of(inside: Inside, sockets: str, family: int) -> set[tuple[str, ...]]:
    """(local, remote, state, inode) of sockets as /proc/net writes them."""
    words = "lambda a: ''.join('%08X' % w for w in (a.in6_u.u6_addr32 if hasattr(a, 'in6_u') else [a]))"
    one = f"({words})(s.src) + ':%04X' % s.sport, ({words})(s.dst) + ':%04X' % s.dport, '%02X' % s.state, s.inode"
    found = inside(PROTO, f"[({one}) for s in map(IP_sock, {sockets}) if s.family == {family} and {MINE}]")
    return {(local, remote, state, str(inode)) for local, remote, state, inode in found}


def recorded(truth: Truth, name: str) -> set[tuple[str, ...]]:
    return {(row[1], row[2], row[3], row[9]) for row in table(truth, name)}


def without_time_wait(rows: set[tuple[str, ...]]) -> set[tuple[str, ...]]:
    return {row for row in rows if row[2] != "06"}


def test_tcp_sockets(inside: Inside, truth: Truth) -> None:
    sockets = "[*get_TCP_LISTEN(), *(s for s, kind in get_TCP_ESTABLISHED())]"
    for name, family in (("tcp", 2), ("tcp6", 10)):
        expected = without_time_wait(recorded(truth, name))
        assert len(expected) >= 4
        if family == 2:
            assert {"01", "0A"} <= {row[2] for row in expected}
        found = {row for row in rows_of(inside, sockets, family) if row[2] not in ("06", "0C")}
        # A connection that was only asked for (0C) is listed as SYN_RECV (03).
        assert found == {row for row in expected if row[2] != "03"}


def test_udp_and_raw_sockets(inside: Inside, truth: Truth) -> None:
    for name, sockets, family in (
        ("udp", "get_UDP()", 2), ("udp6", "get_UDP()", 10), ("raw", "get_RAW()", 2), ("raw6", "get_RAW6()", 10),
    ):  # fmt: skip
        assert rows_of(inside, sockets, family) == recorded(truth, name), name
    assert len(recorded(truth, "udp")) >= 2


def test_unix_sockets(inside: Inside, truth: Truth) -> None:
    found = inside(PROTO, "[(int(s), *unix_sock(s)) for s in get_AF_UNIX()]")
    expected = {}
    for line in truth.lines("proc/net/unix")[1:]:
        match = re.match(r"([0-9a-f]+): (?:\S+ ){5} *(\d+)(?: (.*))?$", line)
        assert match, line
        expected[int(match[1], 16)] = (int(match[2]), match[3] or "")
    assert len(expected) >= 8
    assert {address: (inode, path) for address, _, inode, path in found} == expected


def test_the_text_of_a_socket(inside: Inside, truth: Truth) -> None:
    ports = {int(row[1].split(":")[1], 16) for row in table(truth, "tcp") if row[3] == "0A"}
    lines = inside(PROTO, f"[str(s) for s in map(IP_sock, get_TCP_LISTEN()) if s.family == 2 and {MINE}]")
    assert lines and all(line.startswith("tcp ") and line.endswith(" LISTEN") for line in lines)
    assert {int(line.split()[1].rpartition(":")[2]) for line in lines} == ports
    assert all(line.split()[2] == "0.0.0.0:*" for line in lines)


def test_names(inside: Inside) -> None:
    names = "[P_FAMILIES.PF_INET6, P_FAMILIES['PF_UNIX'], PROTONAMES[6], protoName(47), tcpState[10], sockTypes[5]]"
    assert inside(PROTO, names) == [10, 1, "tcp", "proto=47", "TCP_LISTEN", "SOCK_SEQPACKET"]


def test_addresses_as_text(inside: Inside) -> None:
    import ipaddress
    import struct

    texts = [
        "::",
        "::1",
        "fe80::1",
        "2001:db8::8:800:200c:417a",
        "1:0:0:2::3",
        "1:2:3:4:5:6:7:8",
        "1:0:2::",
        "::ffff:1.2.3.4",
    ]
    words = [list(struct.unpack("=4I", ipaddress.IPv6Address(text).packed)) for text in texts]
    assert inside(PROTO, f"[ntodots6(w) for w in {words}]") == texts
    ints = [struct.unpack("=I", ipaddress.IPv4Address(text).packed)[0] for text in ("0.0.0.0", "127.0.0.1", "10.1.2.3")]
    assert inside(PROTO, f"[ntodots(n) for n in {ints}] + [ntodots(0, False)]") == [
        "0.0.0.0",
        "127.0.0.1",
        "10.1.2.3",
        "*",
    ]


def test_network_devices(inside: Inside, truth: Truth) -> None:
    names = [line.split(":")[0].strip() for line in truth.lines("proc/net/dev")[2:]]
    module = "from LinuxDump.netdevice import dev_base_list, get_host_IPs"
    assert len(names) > 5
    assert inside(module, "[str(dev.name) for dev in dev_base_list()]") == names
    assert inside("from LinuxDump.inet.netdevice import dev_base_list", "len(dev_base_list())") == len(names)
    addresses = set(re.findall(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL", truth.text("proc/net/fib_trie")))
    assert set(inside(module, "get_host_IPs()")) == {a for a in addresses if not a.startswith("127.")}


def test_the_namespaces_of_another_process(crash_session: CrashSession, truth: Truth, tmp_path: Path) -> None:
    path = tmp_path / "usens.py"
    path.write_text(
        "from pykdump.API import *\nfrom LinuxDump.inet import get_ns_net\nfrom LinuxDump.inet.proto import *\n"
        "from LinuxDump.netdevice import dev_base_list\nfrom LinuxDump.fs import getMount\n"
        "from LinuxDump.sysctl import getCtlTables\n"
        "print(*(str(dev.name) for dev in dev_base_list()))\nprint(hex(get_ns_net()), hex(getMount()[0][0]))\n"
        "print(hex(getCtlTables()['net.ipv4.ip_forward']), len(list(get_AF_UNIX())) > 0)\n"
    )
    before = crash_session.run(f"epython {path}")
    other = crash_session.run(f"epython {path} --usens {truth.named('ns-all').pid}")
    assert other.splitlines()[0] == "lo"
    words_before, words_after = before.split("\n", 1)[1].split(), other.split("\n", 1)[1].split()
    assert [a == b for a, b in zip(words_before, words_after)] == [False] * 4
    assert crash_session.run(f"epython {path}") == before


def test_what_a_socket_is(inside: Inside) -> None:
    found = inside(PROTO, "sorted({decodeSock(s) for s in [*get_TCP_LISTEN(), *get_UDP()]})")
    assert [2, 1, "TCP", True] in found and [2, 2, "UDP", True] in found and [10, 1, "TCPv6", True] in found
    assert inside(PROTO, "[decodeSock(s) for s in get_AF_UNIX()][0][0::2]")[0] == 1
    assert inside(PROTO, "decodeSock(readSU('struct sock', 0xdead0000))") == [-1, 1, "CORRUPTED", False]
