# SPDX-License-Identifier: GPL-3.0-or-later
"""Counters of network interfaces, as ``ip -s link`` shows them.

Each driver keeps them in its own way. What dev_get_stats() in net/core/dev.c computes by calling the driver is computed
here for the drivers of virtual interfaces, by the name of the driver's function.
"""

from __future__ import annotations

from crash import Addr, MissingMember, addr2sym, member_offset, readSU, readU32, readU64, struct_size

from pykdump.linux.percpu import percpu_ptr, possible_cpus
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from crash import StructResult

    Counters = dict[str, int]

# struct rtnl_link_stats64 (include/uapi/linux/if_link.h)
NAMES = (
    "rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "rx_errors", "tx_errors", "rx_dropped", "tx_dropped",
    "multicast", "collisions", "rx_length_errors", "rx_over_errors", "rx_crc_errors", "rx_frame_errors",
    "rx_fifo_errors", "rx_missed_errors", "tx_aborted_errors", "tx_carrier_errors", "tx_fifo_errors",
    "tx_heartbeat_errors", "tx_window_errors", "rx_compressed", "tx_compressed", "rx_nohandler",
)  # fmt: skip
TRAFFIC = ("rx_packets", "rx_bytes", "tx_packets", "tx_bytes")
MASK = (1 << 64) - 1
MAX_QUEUES = 65536
TSTATS, LSTATS, DSTATS, VLAN = "pcpu_sw_netstats", "pcpu_lstats", "pcpu_dstats", "vlan_pcpu_stats"
PRIVATE_ALIGNMENT = 32  # NETDEV_ALIGN


def counters(device: StructResult) -> Counters | None:
    """Return {name: value} of a ``struct net_device``. None if only its driver knows them."""
    found = _of_driver(device)
    if found is None:
        return None
    for name, value in _core(device).items():
        found[name] += value
    return found


def _of_driver(device: StructResult) -> Counters | None:
    operations = device.netdev_ops
    if operations.ndo_get_stats64:
        reader = READERS.get(addr2sym(int(operations.ndo_get_stats64)) or "")
        return reader(device) if reader else None
    if operations.ndo_get_stats:
        return None
    kind = _counter_type(device)
    if "TSTATS" in kind:
        return _tstats(device)
    return _dstats(device) if "DSTATS" in kind else _plain(device)


def _empty() -> Counters:
    return dict.fromkeys(NAMES, 0)


def _plain(device: StructResult) -> Counters:
    """Return what the driver counts in ``struct net_device_stats stats``."""
    stats = device.stats
    found = _empty()
    for name in NAMES:
        try:
            found[name] = int(getattr(stats, name))
        except MissingMember:  # rx_nohandler is kept elsewhere
            continue
    return found


def _core(device: StructResult) -> Counters:
    """Return what the kernel itself counts for a device: ``struct net_device_core_stats __percpu *core_stats``."""
    # Commit 625788b58445 ("net: add per-cpu storage and net->core_stats", v5.18); before, three atomic counters.
    names = ("rx_dropped", "tx_dropped", "rx_nohandler")
    if not device.hasField("core_stats"):
        return {name: int(getattr(device, name).counter) for name in names}
    return _per_cpu(int(device.core_stats), "net_device_core_stats", names)


def _per_cpu(pointer: int, struct: str, names: tuple[str, ...]) -> Counters:
    """Return the sums of some members of ``struct … __percpu *``. A member has 4 or 8 bytes."""
    places = [(name, member_offset(f"struct {struct}", name)) for name in names]
    found = dict.fromkeys(names, 0)
    for cpu in possible_cpus() if pointer else ():
        base = int(percpu_ptr(pointer, cpu))
        for name, offset in places:
            small = name in ("rx_errors", "tx_dropped") and struct == VLAN
            found[name] += readU32(base + offset) if small else readU64(base + offset)
    return found


def _tstats(device: StructResult) -> Counters:
    """Most tunnels: dev_get_tstats64()."""
    return {**_plain(device), **_per_cpu(int(device.tstats), TSTATS, TRAFFIC)}


def _dstats(device: StructResult) -> Counters:
    """Return the counters in ``struct pcpu_dstats``: VRF and others."""
    # The members were rx_pkts, rx_drps and so on while only the VRF driver had the struct (drivers/net/vrf.c of v6.6).
    new = member_offset("struct pcpu_dstats", "rx_packets") >= 0
    packets, drops = ("packets", "drops") if new else ("pkts", "drps")
    read = {f"{way}_{packets}": f"{way}_packets" for way in ("rx", "tx")}
    read.update({f"{way}_{drops}": f"{way}_dropped" for way in ("rx", "tx")})
    read.update({f"{way}_bytes": f"{way}_bytes" for way in ("rx", "tx")})
    values = _per_cpu(int(device.dstats), DSTATS, tuple(read))
    return {**_plain(device), **{ours: values[theirs] for theirs, ours in read.items()}}


def _lstats(device: StructResult) -> tuple[int, int]:
    found = _per_cpu(int(device.lstats), LSTATS, ("packets", "bytes"))
    return found["packets"], found["bytes"]


def _loopback(device: StructResult) -> Counters:
    packets, size = _lstats(device)
    return {**_empty(), "rx_packets": packets, "tx_packets": packets, "rx_bytes": size, "tx_bytes": size}


def _dummy(device: StructResult) -> Counters:
    packets, size = _lstats(device)
    return {**_empty(), "tx_packets": packets, "tx_bytes": size}


def _veth(device: StructResult) -> Counters:
    """veth_get_stats64(): what one end has sent, the other one has received."""
    private = readSU("struct veth_priv", private_of(device))
    received, found = _veth_received(device), _empty()
    _add(found, _veth_passed(device, private.peer))
    _add(found, {
        "rx_packets": received["xdp_packets"],
        "rx_bytes": received["xdp_bytes"],
        "rx_dropped": received["rx_drops"] + received["peer_tq_xdp_xmit_err"],
        "tx_dropped": int(private.dropped.counter) + received["xdp_tx_err"],
    })  # fmt: skip
    if private.peer:
        other = _veth_received(private.peer)
        _add(found, {
            "tx_packets": other["xdp_packets"],
            "tx_bytes": other["xdp_bytes"],
            "tx_dropped": other["peer_tq_xdp_xmit_err"],
            "rx_dropped": other["xdp_tx_err"],
        })  # fmt: skip
    return found


def _veth_passed(device: StructResult, peer: StructResult) -> Counters:
    """Return what passed without XDP: what this end has sent, and what the other one has sent."""
    found = {}
    found["tx_packets"], found["tx_bytes"] = _veth_sent(device)
    if peer:
        found["rx_packets"], found["rx_bytes"] = _veth_sent(peer)
    return found


def _veth_sent(device: StructResult) -> tuple[int, int]:
    # Commit 6f2684bf2b44 ("veth: Use tstats per-CPU traffic counters", v6.7).
    if "TSTATS" not in _counter_type(device):
        return _lstats(device)
    sent = _per_cpu(int(device.tstats), TSTATS, ("tx_packets", "tx_bytes"))
    return sent["tx_packets"], sent["tx_bytes"]


def _add(total: Counters, more: Counters) -> None:
    for name, value in more.items():
        total[name] += value


def _counter_type(device: StructResult) -> str:
    """Return the name in ``enum netdev_stat_type pcpu_stat_type``, "" on a kernel without it."""
    # Commit 34d21de99cea ("net: Move {l,t,d}stats allocation to core and convert veth & vrf", v6.7).
    try:
        return repr(device.pcpu_stat_type)
    except MissingMember:
        return ""


def _veth_received(device: StructResult) -> Counters:
    names = ("xdp_packets", "xdp_bytes", "xdp_tx_err", "rx_drops", "peer_tq_xdp_xmit_err")
    found = dict.fromkeys(names, 0)
    start, size = int(readSU("struct veth_priv", private_of(device)).rq), struct_size("struct veth_rq")
    for number in range(min(int(device.num_rx_queues), MAX_QUEUES) if start else 0):
        stats = readSU("struct veth_rq", start + number * size).stats.vs
        for name in names:
            found[name] += int(getattr(stats, name))
    return found


def _vlan(device: StructResult) -> Counters:
    """vlan_dev_get_stats64()."""
    names = ("rx_packets", "rx_bytes", "rx_multicast", "tx_packets", "tx_bytes", "rx_errors", "tx_dropped")
    values = _per_cpu(int(readSU("struct vlan_dev_priv", private_of(device)).vlan_pcpu_stats), VLAN, names)
    found = {**_empty(), **values, "multicast": values["rx_multicast"]}
    del found["rx_multicast"]
    return found


def _macvlan(device: StructResult) -> Counters:
    """macvlan_dev_get_stats64(): it has the counters of a VLAN."""
    names = ("rx_packets", "rx_bytes", "rx_multicast", "tx_packets", "tx_bytes", "rx_errors", "tx_dropped")
    values = _per_cpu(int(readSU("struct macvlan_dev", private_of(device)).pcpu_stats), VLAN, names)
    found = {**_empty(), **values, "multicast": values["rx_multicast"], "rx_dropped": values["rx_errors"]}
    del found["rx_multicast"]
    return found


def _bond(device: StructResult) -> Counters:
    """bond_get_stats(): what the members have counted since they joined, and what former members had counted."""
    bond = readSU("struct bonding", private_of(device))
    found = {name: int(getattr(bond.bond_stats, name)) for name in NAMES}
    for near in readSUListFromHead(Addr(device.adj_list, "lower"), "list", "struct netdev_adjacent"):
        member = readSU("struct slave", int(near.private))
        now = counters(member.dev) or _empty()
        for name in NAMES:
            found[name] = (found[name] + now[name] - int(getattr(member.slave_stats, name))) & MASK
    return found


def private_of(device: StructResult) -> int:
    """Return the address of the driver's own part of a ``struct net_device``: netdev_priv()."""
    # Commit 13cabc47f8ae ("netdevice: define and allocate &net_device _properly_", v6.10).
    if device.hasField("priv"):
        return Addr(device, "priv")
    size = struct_size("struct net_device")
    return int(device) + (size + PRIVATE_ALIGNMENT - 1) // PRIVATE_ALIGNMENT * PRIVATE_ALIGNMENT


# {function in net_device_ops.ndo_get_stats64: function that computes the same}
READERS: dict[str, Callable[[StructResult], Counters]] = {
    "loopback_get_stats64": _loopback,
    "dummy_get_stats64": _dummy,
    "veth_get_stats64": _veth,
    "vlan_dev_get_stats64": _vlan,
    "macvlan_dev_get_stats64": _macvlan,
    "bond_get_stats": _bond,
    "vrf_get_stats64": _dstats,
    "dev_get_tstats64": _tstats,
    "br_get_stats64": _tstats,
    "tun_net_get_stats64": _tstats,
    "ip_tunnel_get_stats64": _tstats,
    "vxlan_get_stats64": _tstats,
}
