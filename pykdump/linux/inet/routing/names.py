# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of routes' types, protocols, scopes, tables and flags, as ip(8) writes them."""

from __future__ import annotations

# include/uapi/linux/rtnetlink.h: RTN_*
TYPES = {
    0: "none", 1: "unicast", 2: "local", 3: "broadcast", 4: "anycast", 5: "multicast", 6: "blackhole",
    7: "unreachable", 8: "prohibit", 9: "throw", 10: "nat", 11: "xresolve",
}  # fmt: skip
# RTPROT_*
PROTOCOLS = {
    0: "unspec", 1: "redirect", 2: "kernel", 3: "boot", 4: "static", 8: "gated", 9: "ra", 10: "mrt", 11: "zebra",
    12: "bird", 13: "dnrouted", 14: "xorp", 15: "ntk", 16: "dhcp", 18: "keepalived", 42: "babel", 186: "bgp",
    187: "isis", 188: "ospf", 189: "rip", 192: "eigrp",
}  # fmt: skip
# RT_SCOPE_*
SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
# RT_TABLE_*
TABLES = {0: "unspec", 253: "default", 254: "main", 255: "local"}
# RTNH_F_*
NEXTHOP_FLAGS = {1: "dead", 2: "pervasive", 4: "onlink", 8: "offload", 16: "linkdown", 32: "unresolved", 64: "trap"}
# FR_ACT_* (include/uapi/linux/fib_rules.h)
ACTIONS = {1: "to_tbl", 2: "goto", 3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
# RTAX_* minus 1: the index in dst_metrics.metrics
MTU, ADVMSS = 1, 7


def named(names: dict[int, str], number: int) -> str:
    """Return the name of a number, or the number as text."""
    return names.get(int(number), str(int(number)))


def flag_names(names: dict[int, str], flags: int) -> tuple[str, ...]:
    """Return the names of the bits that are set."""
    return tuple(name for bit, name in names.items() if int(flags) & bit)
