# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes, rules, neighbours and netfilter of xportshow, compared with what ip and nft showed in the guest."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from support.truth import Truth

pytestmark = pytest.mark.dumps
Document = Callable[[str], dict[str, Any]]
NAMESPACES = ("root", "blue", "green")
MAIN_OPTIONS = "xportshow -r -v"


def recorded(truth: Truth, name: str) -> list[dict[str, Any]]:
    found = json.loads(truth.text(f"tools/{name}"))
    assert isinstance(found, list)
    return found


def of_kind(document: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [row for row in document["records"] if row["kind"] == kind]


def options_of(truth: Truth, namespace: str) -> str:
    """The options that choose a namespace of the guest."""
    if namespace == "root":
        return ""
    import re

    (pid,) = set(re.findall(r"pid=(\d+)", truth.text(f"tools/{namespace}/ss-udp")))
    return f"--usens {pid}"


def target(route: dict[str, Any]) -> str:
    if not route["prefix_length"]:
        return "default"
    whole = route["prefix_length"] == (32 if route["family"] == 4 else 128)
    return str(route["destination"]) + ("" if whole else f"/{route['prefix_length']}")


def mine_of_route(route: dict[str, Any]) -> tuple[Any, ...]:
    ways = tuple((way["gateway"], way["device"], tuple(way["flags"])) for way in route["nexthops"])
    weights = tuple(way["weight"] for way in route["nexthops"]) if len(ways) > 1 else ()
    return (
        route["table"], route["type"], target(route), route["protocol"], route["scope"], route["metric"],
        route["preferred_source"], route["tos"], route["mtu"], route["advertised_mss"], route["nexthop_id"],
        route["source"], ways, weights,
    )  # fmt: skip


def theirs_of_route(route: dict[str, Any]) -> tuple[Any, ...]:
    def way(hop: dict[str, Any]) -> tuple[Any, ...]:
        gateway = hop.get("gateway") or hop.get("via", {}).get("host")
        return (gateway, hop.get("dev"), tuple(hop["flags"]))

    hops = route.get("nexthops") or [route]
    metrics = route.get("metrics", [{}])[0]
    return (
        route["table"], route["type"], route["dst"], route["protocol"], route["scope"], route.get("metric", 0),
        route.get("prefsrc"), int(route.get("tos", "0"), 16), metrics.get("mtu"), metrics.get("advmss"),
        route.get("nhid"), route.get("from"), tuple(map(way, hops)),
        tuple(hop["weight"] for hop in hops) if len(hops) > 1 else (),
    )  # fmt: skip


def without_object(route: dict[str, Any]) -> dict[str, Any]:
    """ip calls a route of a nexthop object that drops packets "blackhole"; the route itself is unicast to lo."""
    return {**route, "type": "unicast"} if "blackhole" in route.get("nh_info", {}) else route


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_routes_equal_those_of_ip(document: Document, truth: Truth, namespace: str) -> None:
    found = of_kind(document(f"{MAIN_OPTIONS} {options_of(truth, namespace)}"), "route")
    expected = [without_object(row) for row in recorded(truth, f"{namespace}/ip-route.json")]
    assert len(expected) > 5
    assert Counter(map(mine_of_route, found)) == Counter(map(theirs_of_route, expected))


def test_the_main_table_alone(document: Document) -> None:
    whole = of_kind(document(MAIN_OPTIONS), "route")
    assert document("xportshow -r")["records"] == [row for row in whole if row["table"] == "main"]
    ending = [row for row in whole if row["expires"] is not None]
    assert ending and all(0 < row["expires"] < 86_400 for row in ending)


def mine_of_rule(rule: dict[str, Any]) -> tuple[Any, ...]:
    mark = None if rule["mark"] is None else (rule["mark"], rule["mark_mask"])
    return (
        rule["preference"], rule["inverted"], rule["source"], rule["destination"], rule["input_interface"],
        rule["output_interface"], mark, rule["tos"], rule["ip_protocol"], tuple(rule["source_ports"]),
        tuple(rule["destination_ports"]), tuple(rule["uids"]), rule["table"], rule["target"],
        rule["suppressed_prefix_length"], rule["l3mdev"], rule["action"], rule["protocol"],
    )  # fmt: skip


PROTOCOLS = {"tcp": 6, "udp": 17}


def theirs_of_rule(rule: dict[str, Any], bits: int) -> tuple[Any, ...]:
    def prefix(name: str) -> str | None:
        return None if rule.get(name, "all") == "all" else f"{rule[name]}/{rule.get(f'{name}len', bits)}"

    def ports(name: str) -> tuple[int, ...]:
        if name in rule:
            return (rule[name], rule[name])
        return (rule[f"{name}_start"], rule[f"{name}_end"]) if f"{name}_start" in rule else ()

    mark = (int(rule["fwmark"], 16), int(rule.get("fwmask", "0xffffffff"), 16)) if "fwmark" in rule else None
    action = rule.get("action") or ("goto" if "goto" in rule else "nop" if "nop" in rule else "to_tbl")
    word = rule.get("ipproto", "ipproto-0")  # without /etc/protocols
    protocol = PROTOCOLS.get(word) or int(word.rpartition("-")[2])
    return (
        rule["priority"], "not" in rule, prefix("src"), prefix("dst"), rule.get("iif"), rule.get("oif"), mark,
        int(rule.get("tos", "0"), 16), protocol, ports("sport"), ports("dport"),
        (rule["uid_start"], rule["uid_end"]) if "uid_start" in rule else (), rule.get("table"), rule.get("goto"),
        rule.get("suppress_prefixlen"), "l3mdev" in rule, action, rule.get("protocol", "unspec"),
    )  # fmt: skip


@pytest.mark.parametrize("namespace", NAMESPACES[:2])
@pytest.mark.parametrize(("family", "name", "bits"), [(4, "ip-rule", 32), (6, "ip-rule6", 128)])
def test_rules_equal_those_of_ip(
    document: Document, truth: Truth, namespace: str, family: int, name: str, bits: int
) -> None:
    records = of_kind(document(f"{MAIN_OPTIONS} {options_of(truth, namespace)}"), "rule")
    found = [mine_of_rule(row) for row in records if row["family"] == family]
    expected = [theirs_of_rule(row, bits) for row in recorded(truth, f"{namespace}/{name}.json")]
    assert expected
    assert found == expected


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_neighbours_equal_those_of_ip(document: Document, truth: Truth, namespace: str) -> None:
    records = document(f"xportshow --arp {options_of(truth, namespace)}")["records"]
    assert {row["kind"] for row in records} <= {"neighbour"}
    # A neighbour that was asked for may have failed since then.
    settled = [
        row
        for row in recorded(truth, f"{namespace}/ip-neigh.json")
        if not {"PROBE", "INCOMPLETE", "DELAY"} & set(row["state"])
    ]
    expected = {
        (row["dst"], row["dev"], row.get("lladdr"), ",".join(row["state"]), "router" in row, "extern_learn" in row)
        for row in settled
    }
    found = {
        (
            row["destination"],
            row["device"],
            row["hardware_address"],
            row["state"],
            "router" in row["flags"],
            "extern_learn" in row["flags"],
        )
        for row in records
    }
    assert expected <= found
    proxies = {(row["dst"], row["dev"]) for row in recorded(truth, "root/ip-neigh-proxy.json")}
    if namespace == "root":
        assert len(expected) > 15 and proxies
        assert {(row["destination"], row["device"]) for row in records if row["proxy"]} == proxies
        for row in settled:
            (mine,) = (
                r for r in records if (r["destination"], r["device"]) == (row["dst"], row["dev"]) and not r["proxy"]
            )
            assert 0 <= mine["updated_seconds_ago"] - row["updated"] < 300
            assert mine["probes"] == row["probes"]


def nft(truth: Truth, namespace: str, kind: str) -> list[dict[str, Any]]:
    objects = json.loads(truth.text(f"tools/{namespace}/nft.json"))["nftables"]
    if not any("table" in each for each in objects):
        pytest.skip("nft could not load its rules in this guest")
    return [each[kind] for each in objects if kind in each]


@pytest.mark.parametrize("namespace", NAMESPACES[:2])
def test_nf_tables_equal_those_of_nft(document: Document, truth: Truth, namespace: str) -> None:
    found = document(f"xportshow --netfilter {options_of(truth, namespace)}")
    tables = {(row["family"], row["name"], row["handle"]) for row in of_kind(found, "nft-table")}
    assert tables == {(row["family"], row["name"], row["handle"]) for row in nft(truth, namespace, "table")}
    rules = Counter((row["family"], row["table"], row["chain"]) for row in nft(truth, namespace, "rule"))
    expected = {
        (
            row["family"], row["table"], row["name"], row["handle"], row.get("type"), row.get("hook"), row.get("prio"),
            row.get("policy"), rules[row["family"], row["table"], row["name"]],
        )
        for row in nft(truth, namespace, "chain")
    }  # fmt: skip
    names = ("family", "table", "name", "handle", "type", "hook", "priority", "policy", "rules")
    assert {tuple(row[name] for name in names) for row in of_kind(found, "nft-chain")} == expected
    sets = {row["name"] for kind in ("set", "map") for row in nft(truth, namespace, kind)}
    assert {name for row in of_kind(found, "nft-table") for name in row["sets"] if not name.startswith("__")} == sets


def test_base_chains_have_hooks(document: Document, truth: Truth) -> None:
    assert nft(truth, "root", "chain")
    found = document("xportshow --netfilter")
    hooks = {(row["family"], row["hook"], row["priority"]) for row in of_kind(found, "netfilter-hook")}
    dormant = {row["name"] for row in of_kind(found, "nft-table") if row["dormant"]}
    chains = [row for row in of_kind(found, "nft-chain") if row["hook"] and row["table"] not in dormant]
    assert len(chains) > 5 and dormant
    for row in chains:
        families = ("ip", "ip6") if row["family"] == "inet" else (row["family"],)
        for family in families:
            # The rules of NAT hang on hooks of their own.
            assert (family, row["hook"], row["priority"]) in hooks, row
    assert all(row["function"] for row in of_kind(found, "netfilter-hook"))
    (tracked,) = of_kind(found, "tracked-connections")
    assert tracked["tracked"] >= len(truth.lines("proc/net/nf_conntrack")) // 2 > 0
