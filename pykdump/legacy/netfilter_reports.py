# SPDX-License-Identifier: GPL-3.0-or-later
"""The functions that netfilter calls, as the classic's module netfilter printed them."""

from __future__ import annotations

from itertools import groupby

from pykdump.c_constants import CDefine
from pykdump.linux.inet import get_ns_net
from pykdump.linux.inet.netfilter import hooks

# include/uapi/linux/netfilter_ipv4.h
NF_HOOKS = CDefine("""
#define NF_IP_PRE_ROUTING 0
#define NF_IP_LOCAL_IN 1
#define NF_IP_FORWARD 2
#define NF_IP_LOCAL_OUT 3
#define NF_IP_POST_ROUTING 4
""")
# The families as include/linux/socket.h names them; ARP and devices have no socket family.
_FAMILIES = {
    "ip": "PF_INET", "ip6": "PF_INET6", "bridge": "PF_BRIDGE", "arp": "NFPROTO_ARP", "netdev": "NFPROTO_NETDEV",
}  # fmt: skip
_HOOKS = {
    "prerouting": "NF_IP_PRE_ROUTING", "input": "NF_IP_LOCAL_IN", "forward": "NF_IP_FORWARD",
    "output": "NF_IP_LOCAL_OUT", "postrouting": "NF_IP_POST_ROUTING",
}  # fmt: skip


def nf() -> None:
    """Print the functions that packets of the chosen network namespace pass, in their order, by family and hook."""
    for family, of_family in groupby(hooks(get_ns_net()), key=lambda hook: hook.family):
        print("=====PROTO=", _FAMILIES.get(family, family))
        for (name, device), functions in groupby(of_family, key=lambda hook: (hook.hook, hook.device)):
            print("   ", _HOOKS.get(name, name), *([device] if device else []))
            for hook in functions:
                print(f"\tprio={hook.priority},  hook={hook.function}")
