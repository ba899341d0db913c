# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs in the manner of the classic's routing, neighbour and netfilter say what ip, nft and /proc/net say."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from support.truth import Truth

Run = Callable[..., str]
NAMESPACES = ("root", "blue", "green")
TABLE_NAMES = {"RT_TABLE_MAIN": "main", "RT_TABLE_LOCAL": "local", "RT_TABLE_DEFAULT": "default"}
# Packets that arrive or go out where a chain of nf_tables hangs.
HOOKS = {
    "prerouting": "NF_IP_PRE_ROUTING", "input": "NF_IP_LOCAL_IN", "forward": "NF_IP_FORWARD",
    "output": "NF_IP_LOCAL_OUT", "postrouting": "NF_IP_POST_ROUTING", "ingress": "ingress",
}  # fmt: skip
FAMILIES = {"ip": "PF_INET", "ip6": "PF_INET6", "bridge": "PF_BRIDGE", "arp": "NFPROTO_ARP", "netdev": "NFPROTO_NETDEV"}


def recorded(truth: Truth, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(truth.text(f"tools/{name}"))
    return found


def routes_of(text: str) -> list[tuple[str, ...]]:
    """(destination, gateway, mask, flags, metric, interface) of each line of `route -n`."""
    rows = [line.split() for line in text.splitlines() if re.match(r"\d+\.\d+\.\d+\.\d+ ", line)]
    return [(*words[:5], words[7]) for words in rows if len(words) == 8]


def dotted(hexadecimal: str) -> str:
    return ".".join(map(str, int(hexadecimal, 16).to_bytes(4, "little")))


def test_the_main_table_is_that_of_proc_net_route(run: Run, truth: Truth) -> None:
    expected = [line.rstrip() for line in truth.lines("proc/net/route")[1:]]
    assert len(expected) > 10
    assert run("routes", "-p").splitlines() == expected
    output = run("routes")
    letters = {1: "U", 3: "UG", 5: "UH", 7: "UGH", 0x201: "UR"}
    rows = [line.split() for line in expected]
    theirs = [
        (dotted(words[1]), dotted(words[2]), dotted(words[7]), letters[int(words[3], 16)], words[6], words[0])
        for words in rows
    ]
    assert routes_of(output) == theirs
    assert f"\ngateways {sum('G' in row[3] for row in theirs)}\n" in output
    assert output.endswith("\n255.255.252.0 UH 8 RTN_THROW\n")


def test_all_tables_are_those_of_ip(run: Run, truth: Truth) -> None:
    parts = re.split(r"^==== <struct fib_table 0x\w+> (.*)$", run("routes", "-a"), flags=re.M)
    ours: Counter[tuple[str, str, int]] = Counter()
    ways: Counter[str] = Counter()
    for name, text in zip(parts[1::2], parts[2::2]):
        table = TABLE_NAMES.get(name, name.removeprefix("Table ID "))
        for destination, _, mask, *_ in routes_of(text):
            length = sum(bin(int(byte)).count("1") for byte in mask.split("."))
            ours[table, destination, length] += 1
        ways[table] += text.count("<struct fib_nh_common ")
    theirs: Counter[tuple[str, str, int]] = Counter()
    hops: Counter[str] = Counter()
    for row in recorded(truth, "root/ip-route.json"):
        # ip shows the routes of IPv6 there too; only they have a preference.
        if row["type"] not in ("broadcast", "multicast") and ":" not in row["dst"] and "pref" not in row:
            address, _, length = row["dst"].replace("default", "0.0.0.0/0").partition("/")
            theirs[row["table"], address, int(length or 32)] += 1
            hops[row["table"]] += len(row.get("nexthops", [row]))
    assert ours == theirs
    assert len(hops) > 3
    assert ways == hops


def test_policy_rules_are_those_of_ip(run: Run, truth: Truth) -> None:
    found = re.findall(
        r"^    -- <struct fib4_rule 0x\w+> (.*)\n\tsrc (\S+) srcmask (\S+) src_len (\d+)\n"
        r"\tdst (\S+) dstmask (\S+) dst_len (\d+)\n\taction (\d) iifindex \d+ (\S*) oifindex \d+ ?(\S*)$",
        run("routes", "-r"),
        re.M,
    )
    actions = {"to_tbl": "1", "goto": "2", "nop": "3", "unreachable": "7"}
    expected = recorded(truth, "root/ip-rule.json")
    for ours, rule in zip(found, expected):
        name, source, mask, length, destination, _, other, action, iif, oif = ours
        kind = rule.get("action") or ("goto" if "goto" in rule else "nop" if "nop" in rule else "to_tbl")
        assert action == actions[kind]
        table = TABLE_NAMES.get(name, name.removeprefix("Table ID "))
        assert table == rule.get("table", "RT_TABLE_UNSPEC")
        assert (source, int(length)) == (rule["src"].replace("all", "0.0.0.0"), rule.get("srclen", 0))
        assert sum(bin(int(byte)).count("1") for byte in mask.split(".")) == int(length)
        assert (destination, int(other)) == (rule.get("dst", "0.0.0.0"), rule.get("dstlen", 0))
        assert (iif, oif) == (rule.get("iif", ""), rule.get("oif", ""))
    assert len(found) == len(expected) > 5


def test_exceptions_of_routes(run: Run) -> None:
    assert run("routes", "-c").splitlines()[0].split() == ["dev", "rt_dst", "gateway", "pmtu", "expires"]


def test_neighbours_are_those_of_ip(run: Run, truth: Truth) -> None:
    output = run("neighs")
    rows = re.findall(r"^(\S+) +([A-Z]+) +((?:[0-9a-f]{2}:)*[0-9a-f]{2}|) +(\S+) +([A-Z|]+)$", output, re.M)
    # A neighbour that was asked for may have failed since then.
    unsettled = {"PROBE", "INCOMPLETE", "DELAY"}
    expected = {
        (row["dst"], row["dev"], row.get("lladdr"), "|".join(row["state"]))
        for namespace in NAMESPACES
        for row in recorded(truth, f"{namespace}/ip-neigh.json")
        if not unsettled & set(row["state"])
    }
    found = {(ip, device, None if state == "FAILED" else mac, state) for ip, _, mac, device, state in rows}
    assert len(expected) > 15
    assert expected <= found
    kinds = {"0x1": "ETHER"}
    arp = [line.split() for line in truth.lines("proc/net/arp")[1:] if not int(line.split()[2], 16) & 8]
    shown = {(ip, kind, mac, device) for ip, kind, mac, device, _ in rows}
    assert {(w[0], kinds[w[1]], w[3], w[5]) for w in arp if w[2] in ("0x2", "0x6")} <= shown
    proxies = {(row["dst"], row["dev"]) for row in recorded(truth, "root/ip-neigh-proxy.json")}
    assert {(ip, device) for ip, _, _, device, state in rows if state == "PROXY"} == proxies
    assert re.findall(r"^=== <struct neigh_table 0x\w+> (\w+) (\w+)$", output, re.M) == [
        ("PF_INET", "arp_tbl"), ("PF_INET6", "nd_tbl"),
    ]  # fmt: skip
    assert output.endswith("NUD STALE|PROBE\n")


def test_packets_that_wait_for_neighbours(run: Run, truth: Truth) -> None:
    output = run("neighs", "-v", "-v")
    lengths = re.findall(r"^   <struct neighbour 0x\w+>  arp_queue_len=(\d+)$", output, re.M)
    assert len(lengths) >= sum(len(recorded(truth, f"{name}/ip-neigh.json")) for name in NAMESPACES)
    assert sum(map(int, lengths)) == len(re.findall(r"^\t<struct sk_buff 0x\w+>$", output, re.M))


def test_chains_of_nft_are_among_the_hooks(run: Run, truth: Truth) -> None:
    objects = json.loads(truth.text("tools/root/nft.json"))["nftables"]
    dormant = {each["table"]["name"] for each in objects if "dormant" in each.get("table", {}).get("flags", ())}
    chains = [each["chain"] for each in objects if "hook" in each.get("chain", {})]
    if not chains:
        pytest.skip("nft could not load its rules in this guest")
    output = run("nfhooks")
    for number, name in enumerate(("PRE_ROUTING", "LOCAL_IN", "FORWARD", "LOCAL_OUT", "POST_ROUTING")):
        assert f"HOOK {number} NF_IP_{name}\n" in output
    found: set[tuple[str, str, int, str]] = set()
    for part in output.split("=====PROTO= ")[1:]:
        for name, lines in re.findall(r"^    (\S+).*\n((?:\tprio=.*\n)+)", part, re.M):
            rows = re.findall(r"^\tprio=(-?\d+),  hook=(\w+)$", lines, re.M)
            assert rows and rows == sorted(rows, key=lambda row: int(row[0]))
            found |= {(part.split("\n")[0], name, int(priority), function) for priority, function in rows}
    counted = 0
    for chain in chains:
        families = ("ip", "ip6") if chain["family"] == "inet" else (chain["family"],)
        for family in families:
            row = (FAMILIES[family], HOOKS[chain["hook"]], chain["prio"])
            # The rules of NAT hang on hooks of their own.
            is_there = any(each[:3] == row for each in found)
            assert is_there or chain["table"] in dormant or chain["type"] == "nat", chain
            counted += is_there
    assert counted > 5
