# SPDX-License-Identifier: GPL-3.0-or-later
"""Netfilter: the functions that packets pass, and the tables and chains of nf_tables."""

from __future__ import annotations

from crash import Addr, MissingMember, addr2mod, addr2sym, readPtr, readS32, readSU, struct_size, sym2addr

from pykdump.c_integers import PTR_SIZE
from pykdump.linux.inet.netdevice import dev_base_list
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

MAX_HOOKS = 1024  # MAX_HOOK_COUNT (net/netfilter/core.c)
MAX_RULES = 1_000_000
# include/uapi/linux/netfilter.h: NF_INET_*, and those of ARP and bridges (NF_ARP_*, NF_BR_*)
INET_HOOKS = ("prerouting", "input", "forward", "output", "postrouting", "ingress")
ARP_HOOKS = ("input", "output", "forward")
BRIDGE_HOOKS = ("prerouting", "input", "forward", "output", "postrouting", "brouting")
NETDEV_HOOKS = ("ingress", "egress")
# {member of struct netns_nf: (family, names of its hooks)}
FAMILIES = {
    "hooks_ipv4": ("ip", INET_HOOKS),
    "hooks_ipv6": ("ip6", INET_HOOKS),
    "hooks_arp": ("arp", ARP_HOOKS),
    "hooks_bridge": ("bridge", BRIDGE_HOOKS),
}
# NFPROTO_*: (name, names of its hooks)
PROTOCOLS: dict[int, tuple[str, tuple[str, ...]]] = {
    1: ("inet", INET_HOOKS), 2: ("ip", INET_HOOKS), 3: ("arp", ARP_HOOKS), 5: ("netdev", NETDEV_HOOKS),
    7: ("bridge", BRIDGE_HOOKS), 10: ("ip6", INET_HOOKS),
}  # fmt: skip
VERDICTS = {0: "drop", 1: "accept"}
BASE_CHAIN = 1  # NFT_CHAIN_BASE
DORMANT = 1  # NFT_TABLE_F_DORMANT


class Hook:
    """A function that packets pass: a ``struct nf_hook_ops`` or what the kernel made of it."""

    def __init__(self, ops: StructResult, family: str, hook: str, device: str | None = None) -> None:
        self.ops = ops
        self.address = int(ops)
        self.family = family
        self.hook = hook
        self.device = device

    @property
    def priority(self) -> int:
        """Its place: the function with the lowest number comes first."""
        return int(self.ops.priority)

    @property
    def function(self) -> str:
        """The name of the function."""
        return addr2sym(int(self.ops.hook)) or f"{int(self.ops.hook):#x}"

    @property
    def module(self) -> str | None:
        """The module of the function, None for the kernel itself."""
        return addr2mod(int(self.ops.hook))


def hooks(net: StructResult) -> Iterator[Hook]:
    """Yield a view of each hook function of a ``struct net``, in the order in which packets pass them."""
    for member, (family, names) in FAMILIES.items():
        # A kernel without the family has no such member.
        entries = getattr(net.nf, member, None)
        for number, pointer in enumerate(entries or ()):
            if pointer:
                name = names[number] if number < len(names) else str(number)
                yield from (Hook(ops, family, name) for ops in _entries(int(pointer)))
    for device in dev_base_list(net):
        for name in NETDEV_HOOKS:
            # Commit 42df6e1d221d ("netfilter: Introduce egress hook", v5.16).
            pointer = getattr(device, f"nf_hooks_{name}", 0)
            if pointer:
                yield from (Hook(ops, "netdev", name, str(device.name)) for ops in _entries(int(pointer)))


def _entries(address: int) -> Iterator[StructResult]:
    """Yield the ``struct nf_hook_ops`` of each entry in a ``struct nf_hook_entries``.

    Their addresses follow the entries: nf_hook_entries_get_hook_ops() in include/linux/netfilter.h.
    """
    found = readSU("struct nf_hook_entries", address)
    count, start, size = int(found.num_hook_entries), Addr(found, "hooks"), struct_size("struct nf_hook_entry")
    for number in range(min(count, MAX_HOOKS)):
        yield readSU("struct nf_hook_ops", readPtr(start + count * size + number * PTR_SIZE))


class Table:
    """A ``struct nft_table``."""

    def __init__(self, table: StructResult) -> None:
        self.nft = table
        self.address = int(table)

    @property
    def family(self) -> str:
        """ "inet", "ip", "netdev" and so on."""
        number = int(self.nft.family)
        return PROTOCOLS[number][0] if number in PROTOCOLS else str(number)

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.nft.name)

    @property
    def handle(self) -> int:
        """Its number."""
        return int(self.nft.handle)

    @property
    def dormant(self) -> bool:
        """Whether it is switched off."""
        return bool(int(self.nft.flags) & DORMANT)

    @property
    def chains(self) -> list[Chain]:
        """Its chains."""
        return [Chain(chain, self) for chain in self._list("chains", "struct nft_chain")]

    @property
    def sets(self) -> tuple[str, ...]:
        """The names of its sets and maps that have one."""
        return tuple(str(found.name) for found in self._list("sets", "struct nft_set"))

    def _list(self, member: str, kind: str) -> list[StructResult]:
        return readSUListFromHead(Addr(self.nft, member), "list", kind, maxel=MAX_RULES)


class Chain:
    """A ``struct nft_chain``. Only a base chain has a hook."""

    def __init__(self, chain: StructResult, table: Table) -> None:
        self.chain = chain
        self.table_view = table
        self.address = int(chain)
        self.is_base = bool(int(chain.flags) & BASE_CHAIN)
        # The base chain begins before the chain.
        offset = Addr(readSU("struct nft_base_chain", 0x1000), "chain") - 0x1000
        self.base: StructResult = readSU("struct nft_base_chain", self.address - offset)

    @property
    def family(self) -> str:
        """The family of its table."""
        return self.table_view.family

    @property
    def table(self) -> str:
        """The name of its table."""
        return self.table_view.name

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.chain.name)

    @property
    def handle(self) -> int:
        """Its number."""
        return int(self.chain.handle)

    @property
    def rules(self) -> int:
        """The number of its rules."""
        return len(readSUListFromHead(Addr(self.chain, "rules"), "list", "struct nft_rule", maxel=MAX_RULES))

    @property
    def type(self) -> str | None:
        """ "filter", "nat" or "route"."""
        return str(self.base.type.name) if self.is_base else None

    @property
    def hook(self) -> str | None:
        """Where packets come into it: "input" and so on."""
        if not self.is_base:
            return None
        number = int(self.base.ops.hooknum)
        names = PROTOCOLS.get(int(self.table_view.nft.family), ("", ()))[1]
        return names[number] if number < len(names) else str(number)

    @property
    def priority(self) -> int | None:
        """Its place among the hooks."""
        return int(self.base.ops.priority) if self.is_base else None

    @property
    def policy(self) -> str | None:
        """What becomes of a packet that no rule decides: "accept" or "drop"."""
        return VERDICTS.get(int(self.base.policy), str(int(self.base.policy))) if self.is_base else None


def nft_tables(net: StructResult) -> Iterator[Table]:
    """Yield a view of each table of nf_tables in a ``struct net``; nothing if its module is not loaded."""
    tables = _nft_list(net)
    if tables:
        for table in readSUListFromHead(tables, "list", "struct nft_table", maxel=MAX_RULES):
            yield Table(table)


def _nft_list(net: StructResult) -> int:
    """Return the address of the list of tables, 0 if there is none."""
    # Commit 0854db2aaef3 ("netfilter: nf_tables: use net_generic infra for transaction data", v5.13) moved the lists
    # from struct net to memory of the module.
    try:
        return Addr(net.nft, "tables")
    except MissingMember:
        place = sym2addr("nf_tables_net_id")
        return Addr(readSU("struct nftables_pernet", net_generic(net, place)), "tables") if place else 0


def net_generic(net: StructResult, id_address: int) -> int:
    """Return the address of a module's memory for a ``struct net``. Its number is an ``unsigned int``."""
    number = readS32(id_address) & 0xFFFFFFFF
    return readPtr(int(net.gen) + number * PTR_SIZE)


def conntrack_counts(net: StructResult) -> tuple[int, int] | None:
    """Return (tracked connections, how many are allowed); None if the module is not loaded."""
    place, limit = sym2addr("nf_conntrack_net_id"), sym2addr("nf_conntrack_max")
    if not place or not limit:
        return None
    per_net = readSU("struct nf_conntrack_net", net_generic(net, place))
    return int(per_net.count.counter), readS32(limit)
