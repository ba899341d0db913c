# SPDX-License-Identifier: GPL-3.0-or-later
"""The sockets of xportshow, compared with /proc/net and with ss in the guest, field by field.

The guest ran ss some seconds before the dump. A connection without an answer may have sent data again since then, or
ended; so its timers and counters are not compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from support.guest import ss
from support.truth import Truth

pytestmark = pytest.mark.dumps
Document = Callable[[str], dict[str, Any]]
Key = tuple[str, str]
PASSING = {"TIME_WAIT", "SYN_RECV", "SYN_SENT", "FIN_WAIT1", "LAST_ACK", "CLOSING", "FIN_WAIT2"}
# {field of ss: fields of the record}
TCP_FIELDS = {
    "rto": ("rto_ms",),
    "rtt": ("rtt_ms", "rtt_deviation_ms"),
    "mss": ("mss",),
    "pmtu": ("path_mtu",),
    "rcvmss": ("receive_mss",),
    "advmss": ("advertised_mss",),
    "cwnd": ("congestion_window",),
    "wscale": ("send_scale", "receive_scale"),
    "bytes_acked": ("bytes_acknowledged",),
    "bytes_received": ("bytes_received",),
    "notsent": ("bytes_not_sent",),
    "unacked": ("packets_unacknowledged",),
    "snd_wnd": ("send_window",),
}
STABLE = ("mss", "pmtu", "rcvmss", "advmss", "wscale")
MEMORY = {"r": "receive_memory", "rb": "receive_buffer", "tb": "send_buffer", "bl": "backlog", "d": "drops"}


def shown(row: dict[str, Any]) -> Key:
    """The two ends of a record, as ss writes them."""
    remote_port = row["remote_port"] if row["remote_port"] or row["state"] == "SYN_RECV" else "*"
    return f"{row['local']}:{row['local_port']}", f"{row['remote']}:{remote_port}"


def of_ss(truth: Truth, name: str) -> list[ss.Row]:
    return [ss.parse(line) for line in truth.lines(f"tools/{name}") if line.strip()]


@pytest.fixture(scope="module")
def tcp(document: Document) -> list[dict[str, Any]]:
    found = document("xportshow -a -t -v -p")
    assert not found["problems"]
    records: list[dict[str, Any]] = found["records"]
    assert {row["kind"] for row in records} == {"tcp-socket"}
    return records


def by_ends(rows: list[dict[str, Any]]) -> dict[Key, dict[str, Any]]:
    return {shown(row): row for row in rows}


def test_every_tcp_socket_of_ss_is_there(tcp: list[dict[str, Any]], truth: Truth) -> None:
    recorded = {(row.local, row.remote): row for row in of_ss(truth, "root/ss-tcp")}
    found = by_ends(tcp)
    assert len(recorded) > 50
    assert {row.state for row in recorded.values()} >= {
        "LISTEN", "SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE_WAIT", "LAST_ACK", "CLOSING",
    }  # fmt: skip
    lasting = {key: row for key, row in recorded.items() if row.state not in PASSING}
    assert {key: found[key]["state"] for key in lasting if key in found} == {k: r.state for k, r in lasting.items()}
    # Nothing else is there but what comes and goes.
    assert {found[key]["state"] for key in set(found) - set(recorded)} <= PASSING


def test_queues_owners_and_memory_of_tcp_equal_those_of_ss(tcp: list[dict[str, Any]], truth: Truth) -> None:
    found, compared = by_ends(tcp), 0
    for row in of_ss(truth, "root/ss-tcp"):
        mine = found.get((row.local, row.remote))
        if row.state in PASSING or mine is None:
            continue
        assert (mine["receive_queue"], mine["send_queue"]) == (row.receive_queue, row.send_queue), row.line
        assert mine["inode"] == row.inode and set(mine["pids"]) == row.pids, row.line
        assert {mine[field] for field in ("net", "uid")} == {tcp[0]["net"], 0}
        if "timer:(on" not in row.line:
            expected = {name: row.memory[name] for name in MEMORY}
            expected["d"] = max(expected["d"], mine["drops"])  # it may have dropped more since then
            assert {name: mine[field] for name, field in MEMORY.items()} == expected, row.line
        compared += 1
    assert compared > 30


def test_the_inside_of_connections_equals_that_of_ss(tcp: list[dict[str, Any]], truth: Truth) -> None:
    found, compared = by_ends(tcp), 0
    for row in of_ss(truth, "root/ss-tcp"):
        mine = found.get((row.local, row.remote))
        if row.state == "LISTEN" or "rto" not in row.words or mine is None:
            continue
        moving = row.state in PASSING or "timer:" in row.line
        for name in STABLE if moving else TCP_FIELDS:
            numbers = row.numbers(name)
            for number, field in zip(numbers, TCP_FIELDS[name]):
                assert mine[field] == pytest.approx(number, abs=0.0006), (name, row.line)
                compared += 1
        assert f" {mine['congestion_control']} " in row.line
        threshold = row.numbers("ssthresh")
        assert moving or mine["slow_start_threshold"] == (threshold[0] if threshold else None)
        assert moving or mine["retransmits"] == 0
    assert compared > 300


def test_listeners_equal_those_of_ss(tcp: list[dict[str, Any]], truth: Truth) -> None:
    listeners = [row for row in tcp if row["state"] == "LISTEN"]
    expected = {
        row.local: (row.receive_queue, row.send_queue) for row in of_ss(truth, "root/ss-tcp") if row.state == "LISTEN"
    }
    assert {shown(row)[0]: (row["accept_queue"], row["accept_limit"]) for row in listeners} == expected
    assert any(waiting > limit for waiting, limit in expected.values())


def test_timers_that_wait_for_long(tcp: list[dict[str, Any]], truth: Truth) -> None:
    kinds = {row["timer"] for row in tcp}
    assert {"on", "probe", "keepalive", None} <= kinds
    found = by_ends(tcp)
    for row in of_ss(truth, "root/ss-tcp"):
        match = re.search(r"timer:\(keepalive,(\d+)min(\d+)sec", row.line)
        if match:
            recorded = int(match[1]) * 60 + int(match[2])
            assert 0 < found[row.local, row.remote]["timer_seconds"] <= recorded + 1


def test_retransmissions_and_zero_windows(tcp: list[dict[str, Any]], truth: Truth, document: Document) -> None:
    found = by_ends(tcp)
    for row in of_ss(truth, "root/ss-tcp"):
        mine = found.get((row.local, row.remote))
        match = re.search(r"timer:\(on,.*?,(\d+)\)", row.line)
        if match and mine is not None and mine["timer"] == "on":
            assert mine["retransmits"] >= int(match[1]), row.line
        if "timer:(persist" in row.line and mine is not None:
            assert (mine["timer"], mine["send_window"]) == ("probe", 0)
    findings = document("xportshow -a --findings")["findings"]
    kinds: dict[str, set[str]] = {}
    for finding in findings:
        kinds.setdefault(finding["id"], set()).update(finding["addresses"])
    expected = {row["address"] for row in tcp if row["timer"] == "probe" and row["send_queue"]}
    assert kinds["tcp-zero-window"] == expected and expected
    assert kinds["tcp-retransmitting"] == {
        row["address"] for row in tcp if row["state"] != "SYN_RECV" and row["retransmits"] and row["send_queue"]
    }
    full = {row["address"] for row in tcp if row["accept_queue"] and row["accept_queue"] > row["accept_limit"]}
    assert kinds["accept-queue-full"] == full and full


@pytest.mark.parametrize("name", ["tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6"])
def test_addresses_and_inodes_equal_proc_net(document: Document, truth: Truth, name: str) -> None:
    options = {"t": "-t", "u": "-u", "r": "-w"}[name[0]]
    version = 6 if name.endswith("6") else 4
    rows = [line.split() for line in truth.lines(f"proc/net/{name}")[1:] if line.strip()]
    expected = {
        (int(row[1].split(":")[1], 16), int(row[2].split(":")[1], 16), int(row[9]))
        for row in rows
        if int(row[3], 16) in (1, 7, 8, 10)
    }
    found = {
        (row["local_port"], row["remote_port"], row["inode"])
        for row in document(f"xportshow -a {options}")["records"]
        if row["protocol"] == name.rstrip("6") and row["ip_version"] == version
        and row["state"] in ("ESTABLISHED", "CLOSE", "CLOSE_WAIT", "LISTEN")
    }  # fmt: skip
    assert found == expected and expected


@pytest.mark.parametrize(("name", "options"), [("udp", "-u"), ("raw", "-w")])
def test_datagram_sockets_equal_those_of_ss(document: Document, truth: Truth, name: str, options: str) -> None:
    found = {
        (shown(row), row["inode"]): row
        for row in document(f"xportshow -a {options} -v -p")["records"]
        if row["protocol"] == name
    }
    recorded = {((row.local, row.remote), row.inode): row for row in of_ss(truth, f"root/ss-{name}")}
    assert {(ends[0], inode) for ends, inode in found} == {(ends[0], inode) for ends, inode in recorded}
    for key, mine in found.items():
        row = next(row for (ends, inode), row in recorded.items() if (ends[0], inode) == (key[0][0], key[1]))
        assert (mine["receive_queue"], mine["send_queue"]) == (row.receive_queue, row.send_queue), row.line
        assert (mine["state"], frozenset(mine["pids"])) == (row.state, row.pids), row.line
        assert {n: mine[field] for n, field in MEMORY.items()} == {n: row.memory[n] for n in MEMORY}, row.line


def unix_rows(truth: Truth, namespace: str) -> dict[int, tuple[Any, ...]]:
    found = {}
    pattern = re.compile(r"u_(\w+) +(\S+) +(\d+) +(\d+) +(.*?) (\d+) +\* (\d+) ")
    types = {"str": "stream", "dgr": "dgram", "seq": "seqpacket"}
    for line in truth.lines(f"tools/{namespace}/ss-unix"):
        match = pattern.match(line + " ")
        assert match, line
        kind, state, received, sending, path, inode, peer = match.groups()
        pids = frozenset(map(int, re.findall(r"pid=(\d+)", line)))
        path = "" if path.strip() == "*" else path.strip()
        found[int(inode)] = (
            types[kind],
            ss.STATES.get(state, state),
            int(received),
            int(sending),
            path,
            int(peer),
            pids,
        )
    return found


def test_unix_sockets_equal_those_of_ss(document: Document, truth: Truth) -> None:
    records = document("xportshow -a -x -v -p")["records"]
    found = {
        row["inode"]: (
            row["type"],
            row["state"],
            row["receive_queue"],
            row["send_queue"],
            row["path"],
            row["peer_inode"],
            frozenset(row["pids"]),
        )
        for row in records
        if row["inode"]
    }
    expected = unix_rows(truth, "root")
    assert len(expected) > 15
    assert found == expected
    assert {row["address"][2:] for row in records} == {line.split(":")[0] for line in truth.lines("proc/net/unix")[1:]}


def test_packet_and_netlink_sockets_equal_proc_net(document: Document, truth: Truth) -> None:
    records = document("xportshow --packet --netlink")["records"]
    packet = [line.split() for line in truth.lines("proc/net/packet")[1:]]
    types = {"3": "raw", "2": "dgram"}
    assert {
        (
            row["address"][2:],
            row["references"],
            row["type"],
            row["ethertype"],
            row["interface"],
            row["running"],
            row["uid"],
            row["inode"],
        )
        for row in records
        if row["kind"] == "packet-socket"
    } == {(r[0], int(r[1]), types[r[2]], int(r[3], 16), int(r[4]), r[5] == "1", int(r[7]), int(r[8])) for r in packet}
    assert packet
    netlink = {row["address"][2:]: row for row in records if row["kind"] == "netlink-socket"}
    listed = [line.split() for line in truth.lines("proc/net/netlink")[1:]]
    for address, protocol, port, groups, *_, drops, inode in listed:
        if address in netlink:  # those of tools that have ended are not
            mine = netlink[address]
            assert (mine["protocol_number"], mine["port"], int(mine["groups"], 16)) == (
                int(protocol),
                int(port),
                int(groups, 16),
            )
            assert (mine["drops"], mine["inode"]) == (int(drops), int(inode))
    assert len(netlink) > 5 and set(netlink) <= {row[0] for row in listed}


def any_or(number: int) -> str:
    return "*" if number == 0xFFFFFFFF else str(number)


def test_vsock_sockets_equal_those_of_ss(document: Document, truth: Truth) -> None:
    expected = set()
    for line in truth.lines("tools/root/ss-vsock"):
        _, state, _, _, local, remote, *rest = line.split()
        expected.add(
            (ss.STATES.get(state, state), local, remote, frozenset(map(int, re.findall(r"pid=(\d+)", " ".join(rest)))))
        )
    found = {
        (
            row["state"],
            f"{any_or(row['local_cid'])}:{any_or(row['local_port'])}",
            f"{any_or(row['remote_cid'])}:{any_or(row['remote_port'])}",
            frozenset(row["pids"]),
        )
        for row in document("xportshow --vsock -p")["records"]
    }
    assert found == expected and expected


@pytest.mark.parametrize("namespace", ["blue", "green"])
def test_sockets_of_another_namespace(document: Document, truth: Truth, namespace: str) -> None:
    expected = {row.inode for name in ("tcp", "udp") for row in of_ss(truth, f"{namespace}/ss-{name}") if row.inode}
    pid = next(iter(pid for row in of_ss(truth, f"{namespace}/ss-udp") for pid in row.pids))
    found = document(f"xportshow -a -t -u --usens {pid}")["records"]
    assert {row["inode"] for row in found if row["inode"]} == expected and expected
    (net,) = {row["net"] for row in found}
    again = document(f"xportshow -a -t -u --netns {net}")["records"]
    assert {row["address"] for row in again} == {row["address"] for row in found}
    everywhere = document("xportshow -a -t -u --netns all")["records"]
    assert {row["address"] for row in everywhere if row["net"] == net} == {row["address"] for row in found}


def test_the_sockets_of_a_process(document: Document, truth: Truth) -> None:
    rows = of_ss(truth, "root/ss-tcp")
    pid = truth.named("tcp-established").pid
    expected = {row.inode for row in rows if pid in row.pids}
    found = document(f"xportshow --pid {pid}")["records"]
    assert {row["inode"] for row in found} == expected and len(expected) > 5
    assert {row["fd"] for row in found} == {
        int(fd) for row in rows for fd in re.findall(rf"pid={pid},fd=(\d+)", row.line)
    }
    assert document("xportshow --program tcp-established")["records"] == found
