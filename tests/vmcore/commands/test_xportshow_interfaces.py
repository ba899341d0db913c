# SPDX-License-Identifier: GPL-3.0-or-later
"""Interfaces and counters of xportshow, compared with ip, tc, bridge, ethtool and /proc/net in the guest."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from support.truth import Truth

pytestmark = pytest.mark.dumps
Document = Callable[[str], dict[str, Any]]
NOT_OF_IP = {"RUNNING"}
# Names of ethtool for several features together, and its old names for single ones
GROUPS = {"tx-checksumming", "scatter-gather", "tcp-segmentation-offload"}
OLD_NAMES = {
    "rx-checksumming": "rx-checksum", "rx-vlan-offload": "rx-vlan-hw-parse", "tx-vlan-offload": "tx-vlan-hw-insert",
    "generic-segmentation-offload": "tx-generic-segmentation", "generic-receive-offload": "rx-gro",
    "large-receive-offload": "rx-lro", "ntuple-filters": "rx-ntuple-filter", "receive-hashing": "rx-hashing",
}  # fmt: skip
# Flags that ip adds: what its own end sees of another namespace or interface.
ADDED_BY_IP = {"NO-CARRIER", "M-DOWN"}


def recorded(truth: Truth, name: str) -> list[dict[str, Any]]:
    found = json.loads(truth.text(f"tools/{name}"))
    assert isinstance(found, list)
    return found


@pytest.fixture(scope="module")
def all_details(document: Document) -> dict[str, Any]:
    return document("xportshow -i -v")


@pytest.fixture(scope="module")
def interfaces(all_details: dict[str, Any]) -> dict[str, dict[str, Any]]:
    assert not all_details["problems"]
    return {row["name"]: row for row in all_details["records"] if row["kind"] == "interface"}


def test_interfaces_equal_those_of_ip(interfaces: dict[str, dict[str, Any]], truth: Truth) -> None:
    expected = {row["ifname"]: row for row in recorded(truth, "root/ip-link.json")}
    assert list(interfaces) == list(expected) and len(expected) > 20
    for name, row in expected.items():
        mine = interfaces[name]
        assert set(mine["flags"]) - NOT_OF_IP == set(row["flags"]) - ADDED_BY_IP, name
        assert (mine["index"], mine["mtu"], mine["state"], mine["queueing"], mine["link_type"]) == (
            row["ifindex"], row["mtu"], row["operstate"], row["qdisc"], row["link_type"],
        ), name  # fmt: skip
        assert (mine["hardware_address"], mine["broadcast"]) == (row["address"], row["broadcast"]), name
        assert mine["link_kind"] == row.get("linkinfo", {}).get("info_kind") and mine["master"] == row.get("master"), (
            name
        )
        assert (mine["transmit_queue_length"], mine["promiscuity"], mine["alias"]) == (
            row.get("txqlen", 0), row["promiscuity"], row.get("ifalias"),
        ), name  # fmt: skip
        assert str(mine["group"] or "default") == row["group"], name
        assert mine["carrier_changes"] == row["stats64"]["tx"]["carrier_changes"], name


def test_addresses_equal_those_of_ip(interfaces: dict[str, dict[str, Any]], truth: Truth) -> None:
    for row in recorded(truth, "root/ip-addr.json"):
        expected = [
            (
                {"inet": 4, "inet6": 6}[each["family"]], each["local"], each["prefixlen"], each.get("address"),
                each.get("broadcast"), each["scope"], each.get("label", ""), "secondary" in each or "temporary" in each,
                each["valid_life_time"] == 0xFFFFFFFF,
            )
            for each in row["addr_info"]
        ]  # fmt: skip
        found = [
            (
                each["family"], each["ip"], each["prefix_length"], each["peer"], each["broadcast"], each["scope"],
                each["label"], "secondary" in each["flags"], each["valid_seconds"] is None,
            )
            for each in interfaces[row["ifname"]]["addresses"]
        ]  # fmt: skip
        assert Counter(found) == Counter(expected), row["ifname"]


def test_counters_equal_those_of_ip(interfaces: dict[str, dict[str, Any]], truth: Truth) -> None:
    equal = 0
    for row in recorded(truth, "root/ip-link.json"):
        mine = interfaces[row["ifname"]]["counters"]
        theirs = {f"{way}_{name}": value for way, values in row["stats64"].items() for name, value in values.items()}
        theirs["multicast"] = theirs["rx_multicast"]
        for name, value in mine.items():
            if name in theirs:
                # Packets went on between the record and the dump, but none were taken back.
                assert value >= theirs[name], (row["ifname"], name)
                equal += value == theirs[name] > 0
    assert equal > 10


def test_features_equal_those_of_ethtool(interfaces: dict[str, dict[str, Any]], truth: Truth) -> None:
    features = set(interfaces["vr0"]["features"])
    compared: Counter[str] = Counter()
    for line in truth.lines("tools/root/ethtool-k-vr0")[1:]:
        name, _, state = line.strip().partition(": ")
        if name not in GROUPS:
            assert (OLD_NAMES.get(name, name) in features) == state.startswith("on"), line
            compared[state.split()[0]] += 1
    assert compared["on"] > 10 and compared["off"] > 10


def test_queueing_disciplines_equal_those_of_tc(all_details: dict[str, Any], truth: Truth) -> None:
    expected = {(row["dev"], row["kind"], row["handle"]): row for row in recorded(truth, "root/tc-qdisc.json")}
    records = [row for row in all_details["records"] if row["kind"] == "qdisc"]
    found = {(row["device"], row["discipline"], row["handle"]): row for row in records}
    assert set(found) == set(expected) and len(expected) > 20
    for key, row in expected.items():
        mine = found[key]
        assert mine["parent"] == ("root" if "root" in row else row["parent"]), key
        assert (mine["drops"], mine["overlimits"], mine["requeues"]) == (
            row["drops"],
            row["overlimits"],
            row["requeues"],
        ), key
        assert mine["sent_bytes"] >= row["bytes"] and mine["sent_packets"] >= row["packets"], key
        # Packets that netem delays may have left since then.
        waiting = (row["backlog"], row["qlen"])
        assert (mine["queued_bytes"], mine["queued_packets"]) in {waiting, (0, 0)}, key
    assert any(row["qlen"] for row in expected.values())


def test_bonds_equal_proc_net_bonding(all_details: dict[str, Any], truth: Truth) -> None:
    text = truth.text("proc/net/bonding/bond0")
    mode = re.search(r"Bonding Mode: .*\((.*)\)", text)
    active = re.search(r"Currently Active Slave: (\S+)", text)
    assert mode and active
    expected = re.findall(
        r"Slave Interface: (\S+)\nMII Status: (\w+)\n(?:.*\n){2}Link Failure Count: (\d+)\nPermanent HW addr: (\S+)",
        text,
    )
    found = [row for row in all_details["records"] if row["kind"] == "bond-member"]
    assert [(row["device"], row["link"], str(row["failures"]), row["permanent_address"]) for row in found] == expected
    assert expected and {row["mode"] for row in found} == {mode[1]}
    assert [row["device"] for row in found if row["active"]] == [active[1]]


def test_bridges_and_vlans(all_details: dict[str, Any], interfaces: dict[str, dict[str, Any]], truth: Truth) -> None:
    found = {(row["bridge"], row["device"], row["state"], row["priority"], row["cost"])
             for row in all_details["records"] if row["kind"] == "bridge-port"}  # fmt: skip
    ports = {(row["master"], row["ifname"], row["state"], row["priority"], row["cost"])
             for row in recorded(truth, "root/bridge-link.json")}  # fmt: skip
    assert found == ports and ports
    for line in truth.lines("proc/net/vlan/config")[2:]:
        name, number, lower = (word.strip() for word in line.split("|"))
        assert interfaces[name]["details"] == f"802.1Q {number} on {lower}" and interfaces[name]["lower"] == [lower]
    assert interfaces["vxlan100"]["details"] == "VNI 100 port 4789"
    assert interfaces["veth-a"]["details"] == "peer veth-b"


@pytest.mark.parametrize("namespace", ["blue", "green"])
def test_interfaces_of_another_namespace(document: Document, truth: Truth, namespace: str) -> None:
    (pid,) = set(re.findall(r"pid=(\d+)", truth.text(f"tools/{namespace}/ss-udp")))
    found = document(f"xportshow -i --usens {pid}")["records"]
    expected = [(row["ifindex"], row["ifname"], row["mtu"]) for row in recorded(truth, f"{namespace}/ip-link.json")]
    assert [(row["index"], row["name"], row["mtu"]) for row in found] == expected and len(expected) > 1
    everywhere = document("xportshow -i --netns all")["records"]
    assert [row for row in everywhere if row["net"] == found[0]["net"]] == found


def test_one_interface(document: Document, interfaces: dict[str, dict[str, Any]]) -> None:
    assert document("xportshow --interface vr0")["records"] == [interfaces["vr0"]]
    missing = document("xportshow --interface nothing0")
    assert not missing["records"] and "nothing0" in missing["problems"][0]["reason"]


def proc_counters(truth: Truth, name: str) -> dict[tuple[str, str], int]:
    """The counters of /proc/net/snmp or netstat: a line of names and a line of values for each protocol."""
    lines, found = truth.lines(f"proc/net/{name}"), {}
    for names, values in zip(lines[::2], lines[1::2]):
        protocol = names.partition(":")[0]
        found.update({(protocol, n): int(v) for n, v in zip(names.split()[1:], values.split()[1:])})
    return found


def test_snmp_counters_equal_proc_net(document: Document, truth: Truth) -> None:
    records = document("xportshow -s -v")["records"]
    found = {(row["protocol"], row["name"]): row["value"] for row in records}
    expected = {**proc_counters(truth, "snmp"), **proc_counters(truth, "netstat")}
    assert len(expected) > 200 and set(expected) <= set(found)
    joined = {protocol + name: value for (protocol, name), value in found.items()}
    six = {name: int(value) for name, value in (line.split() for line in truth.lines("proc/net/snmp6"))}
    assert len(six) > 50 and set(six) <= set(joined)
    gauges = {("Tcp", "CurrEstab")}
    for (protocol, name), value in expected.items():
        if (protocol, name) not in gauges:
            assert found[protocol, name] >= value, (protocol, name)
    assert sum(found[key] == value for key, value in expected.items() if value) > 10
    assert all(joined[name] >= value for name, value in six.items())
    assert document("xportshow -s")["records"] == [row for row in records if row["value"]]


def test_softnet_equals_proc_net(document: Document, truth: Truth) -> None:
    found = document("xportshow --softnet")["records"]
    rows = [[int(word, 16) for word in line.split()] for line in truth.lines("proc/net/softnet_stat")]
    assert [row["cpu"] for row in found] == [row[12] for row in rows] and len(rows) > 1
    for mine, row in zip(found, rows):
        assert mine["processed"] >= row[0] > 0 and (mine["dropped"], mine["steered"]) == (row[1], row[9])
        assert mine["squeezed"] >= row[2]


def test_packet_types_equal_proc_net(document: Document, truth: Truth) -> None:
    found = [
        ("ALL" if row["ethertype"] is None else f"{row['ethertype']:04x}", row["device"] or "", row["function"])
        for row in document("xportshow --devpack")["records"]
    ]
    expected = []
    for line in truth.lines("proc/net/ptype")[1:]:
        words = line.split()
        names = [word for word in words[1:] if not word.startswith("[")]
        expected.append((words[0], names[0] if len(names) > 1 else "", names[-1]))
    assert set(expected) <= set(found) and len(expected) > 4
    assert any(row["pids"] for row in document("xportshow --devpack")["records"])


def test_sysctl_equals_proc_sys(document: Document, truth: Truth) -> None:
    found = {row["name"]: row["value"] for row in document("xportshow --sysctl")["records"]}
    for name in ("net/ipv4/ip_forward", "net/ipv4/tcp_rmem", "net/ipv4/tcp_wmem"):
        assert found[name.replace("/", ".")].split() == truth.text(f"proc/sys/{name}").split()
