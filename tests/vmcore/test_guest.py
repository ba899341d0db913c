# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest has what the commands are tested with. A newer kernel or program must not take it away unnoticed."""

from __future__ import annotations

from collections import Counter

import pytest

from support.guest.tool_output import NETWORKS, read_json, sockets
from support.truth import Truth

# The states of TCP that have a socket, as ss writes them. TIME-WAIT ends after a minute, so it may be missing.
STATES = {
    "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING",
}  # fmt: skip
LINK_KINDS = {"bond", "bridge", "dummy", "gre", "ipip", "macvlan", "tun", "veth", "vlan", "vrf", "vxlan"}
QDISCS = {"clsact", "fq", "fq_codel", "htb", "ingress", "netem", "noqueue", "prio", "tbf"}
NEIGHBOURS = {"DELAY", "FAILED", "INCOMPLETE", "NOARP", "PERMANENT", "PROBE", "REACHABLE", "STALE"}


@pytest.mark.parametrize("six", [False, True], ids=["IPv4", "IPv6"])
def test_tcp_is_in_each_state(truth: Truth, six: bool) -> None:
    found = [row for name in NETWORKS for row in sockets(truth, name, "tcp") if row.local.startswith("[") == six]
    assert {row.state for row in found} - {"TIME-WAIT"} == STATES
    orphans = {row.state for row in found if not row.users}
    assert {"FIN-WAIT-1", "LAST-ACK", "SYN-RECV"} <= orphans
    full = [row for row in found if row.state == "LISTEN" and row.recv_q > row.send_q]
    assert [row.port for row in full] == [7305]
    timers = {row.fields["timer"][1:].split(",")[0] for row in found if "timer" in row.fields}
    assert {"on", "keepalive", "persist"} <= timers
    assert any(row.recv_q and row.state == "ESTAB" for row in found)
    assert any(row.send_q and row.state == "ESTAB" for row in found)


@pytest.mark.parametrize("kind", ["udp", "raw", "packet", "vsock", "mptcp", "sctp"])
def test_other_sockets(truth: Truth, kind: str) -> None:
    assert sockets(truth, "root", kind)


def test_links_of_each_kind(truth: Truth) -> None:
    links = read_json(truth, "root/ip-link")
    kinds = Counter(link.get("linkinfo", {}).get("info_kind") for link in links)
    assert kinds.keys() >= LINK_KINDS
    assert {row["ifname"] for row in read_json(truth, "root/bridge-link")} >= {"p1", "p2", "veth-a"}
    assert {row["kind"] for row in read_json(truth, "root/tc-qdisc")} >= QDISCS
    assert [row["qlen"] for row in read_json(truth, "root/tc-qdisc") if row["dev"] == "in-vrf"] == [3]


def test_neighbours_in_each_state(truth: Truth) -> None:
    assert {state for row in read_json(truth, "root/ip-neigh") for state in row["state"]} == NEIGHBOURS


def test_routes_and_rules(truth: Truth) -> None:
    for path in ("root/ip-route", "root/ip-route6"):
        routes = read_json(truth, path)
        assert {row.get("table", "main") for row in routes} >= {"main", "200", "local"}
        assert any("nexthops" in row for row in routes)
    assert {row["type"] for row in read_json(truth, "root/ip-route") if "type" in row} >= {
        "blackhole", "prohibit", "unreachable", "throw", "multicast", "local", "broadcast"
    }  # fmt: skip
    assert len(read_json(truth, "root/ip-rule")) == 11
    assert len(read_json(truth, "root/ip-rule6")) >= 4
    assert {row["id"] for row in read_json(truth, "root/ip-nexthop")} == {10, 11, 20, 30}


def test_nftables_in_several_families(truth: Truth) -> None:
    tables = {row["table"]["family"] for row in read_json(truth, "root/nft")["nftables"] if "table" in row}
    assert tables == {"arp", "bridge", "inet", "ip", "ip6", "netdev"}


def test_locks_of_each_kind(truth: Truth) -> None:
    locks = Counter((row["type"], row["mode"].endswith("*")) for row in read_json(truth, "lslocks")["locks"])
    assert locks == {
        ("POSIX", False): 2, ("POSIX", True): 2, ("FLOCK", False): 1, ("FLOCK", True): 1, ("OFDLCK", False): 2,
        ("OFDLCK", True): 1, ("LEASE", False): 1,
    }  # fmt: skip
    assert "BREAKER" in truth.text("proc/locks")


def test_tasks_that_wait_for_io(truth: Truth) -> None:
    stacks = {comm: truth.named(comm).text("stack") for comm in ("d-io-first", "d-io-second", "d-io-direct")}
    assert all(truth.named(comm).state == "D" for comm in stacks)
    assert "folio_wait_bit" in stacks["d-io-first"] and "folio_wait_bit" in stacks["d-io-second"]
    assert "blkdev_read_iter" in stacks["d-io-direct"]


def test_timers_and_event_files(truth: Truth) -> None:
    pid = truth.named("posix-timers").pid
    assert sorted(truth.text(f"proc/{pid}/timers").split("ClockID: ")[1:]) != []
    assert truth.text(f"proc/{truth.named('event-poll').pid}/fdinfo").count("\ntfd:") == 3
    assert truth.text(f"proc/{truth.named('watch-files').pid}/fdinfo").count("\ninotify wd:") == 2


def test_every_program_printed_something(truth: Truth) -> None:
    silent = [path.relative_to(truth.folder) for path in truth.folder.glob("tools/**/*") if not path.stat().st_size]
    assert [str(path) for path in silent] in ([], ["tools/blue/ss-raw"])
