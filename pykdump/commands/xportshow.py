# SPDX-License-Identifier: GPL-3.0-or-later
"""xportshow: sockets, routes, interfaces and counters: netstat, ss, ip and ethtool for a dump.

Without options it prints a summary, and what is wrong first.

  xportshow -a                 all sockets of TCP, UDP and raw IP; -l only those that listen
  xportshow -a -v              with windows, queues, timers, RTO and congestion control
  xportshow -t -u -w -x        only TCP, UDP, raw, UNIX sockets that are connected; with -a or -l also those that listen
  xportshow -t --retransonly   TCP connections that send data again
  xportshow --tcpstate LISTEN  TCP sockets in this state
  xportshow -a --pid           with the processes that have the sockets open; --pid N: the sockets of one process
  xportshow -r                 the main routing table; -v all tables and the policy rules
  xportshow -i                 interfaces; -v with addresses of the hardware, features, queues and counters
  xportshow --arp              neighbours (ARP and NDISC)
  xportshow --netfilter        hooks of netfilter, and the tables and chains of nf_tables
  xportshow -s                 SNMP counters; -v also those that are 0
  xportshow --netns all        the same for all network namespaces; --netns ADDR or --usens PID for another one
  xportshow --findings         only what is wrong

RECV-Q is what nobody has read, SEND-Q what the other side has not acknowledged. Of a listener, they are the connections
that wait for accept(), and how many may wait. The option --json prints the same as one JSON document.
"""

from __future__ import annotations

from pykdump.command_layer import Command, Finding, Section, guarded, positive_number
from pykdump.linux.inet.sock import TCP_STATES

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator
    from typing import Any

PARTS = (
    "xport.sockets", "xport.families", "xport.processes", "xport.routes", "xport.interfaces", "xport.neighbours",
    "xport.netfilter", "xport.counters", "xport.packets", "xport.summary",
)  # fmt: skip


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of xportshow."""
    switch: dict[str, Any] = {"action": "store_true"}
    sockets = parser.add_argument_group("sockets")
    sockets.add_argument("-a", "--all", **switch, help="all sockets of TCP, UDP and raw IP, listening or not")
    sockets.add_argument("-l", "--listening", **switch, help="only sockets that listen")
    sockets.add_argument("-t", "--tcp", **switch, help="TCP sockets")
    sockets.add_argument("-u", "--udp", **switch, help="UDP and UDP-Lite sockets")
    sockets.add_argument("-w", "--raw", **switch, help="raw and ping sockets")
    sockets.add_argument("-x", "--unix", **switch, help="UNIX sockets")
    sockets.add_argument("--packet", **switch, help="packet sockets")
    sockets.add_argument("--netlink", **switch, help="netlink sockets")
    sockets.add_argument("--vsock", **switch, help="VSOCK sockets")
    sockets.add_argument("--tcpstate", type=_tcp_state, metavar="STATE", help="TCP sockets in this state: SYN_SENT")
    sockets.add_argument("--retransonly", **switch, help="TCP connections that send data again")
    sockets.add_argument("--port", type=positive_number, metavar="N", help="only sockets with this port at either end")
    sockets.add_argument(
        "-p", "--pid", type=positive_number, nargs="?", const=0, metavar="PID",
        help="the sockets of a process; without a number: add the processes to each socket",
    )  # fmt: skip
    sockets.add_argument("--program", metavar="NAME", help="the sockets of the processes with this name; * is any name")
    _add_views(parser.add_argument_group("other views"), switch)
    parser.add_argument("-v", "--verbose", action="count", default=0, help="more details; -vv even more")
    parser.add_argument("--netns", type=_netns, metavar="ADDR|all", help="another struct net, or all of them")
    parser.add_argument("--version", action="version", version="xportshow 2")


def _add_views(group: argparse._ArgumentGroup, switch: dict[str, Any]) -> None:
    for names, text in (
        (("-r", "--route"), "routes; -v all tables and the policy rules"),
        (("-i", "--interfaces"), "interfaces; -v with all details"),
        (("--arp",), "neighbours (ARP and NDISC)"),
        (("--rtcache",), "exceptions of routes: redirects and path MTUs (the kernel has no cache of routes any more)"),
        (("--netfilter",), "netfilter hooks, nf_tables tables and chains"),
        (("--softnet",), "the receive queues of each CPU"),
        (("-s", "--statistics"), "SNMP counters; -v also those that are 0"),
        (("--sysctl",), "sysctl variables below net"),
        (("--devpack",), "the functions that get packets of each type"),
        (("--summary",), "numbers of sockets and interfaces"),
        (("--everything",), "all of the above"),
    ):
        group.add_argument(*names, **switch, help=text)
    group.add_argument("--interface", metavar="NAME", help="only this interface")
    group.add_argument("--skbuffhead", type=_address, metavar="ADDR", help="the packets in a struct sk_buff_head")
    group.add_argument(
        "--decode", nargs="+", metavar=("TYPE", "ADDR"), help="a struct: skb, iph, th or uh, and its addresses"
    )


def _tcp_state(text: str) -> str:
    """Return the name of a TCP state as records have it. Raises ArgumentTypeError."""
    name = text.upper().replace("-", "_")
    name = {"NEW_SYN_RECV": "SYN_RECV"}.get(name.removeprefix("TCP_"), name.removeprefix("TCP_"))
    if name not in TCP_STATES.values():
        from argparse import ArgumentTypeError

        raise ArgumentTypeError(f"unknown state {text!r}, known are {', '.join(dict.fromkeys(TCP_STATES.values()))}")
    return name


def _address(text: str) -> int:
    """Return an address. Raises ArgumentTypeError."""
    try:
        return int(text, 16)
    except ValueError:
        from argparse import ArgumentTypeError

        raise ArgumentTypeError(f"{text!r} is no hexadecimal address") from None


def _netns(text: str) -> int | str:
    return text if text == "all" else _address(text)


def _sockets(options: argparse.Namespace) -> Iterator[object]:
    from pykdump.commands.xport.sockets import internet_sockets

    return internet_sockets(options, _pids(options))


def _family(name: str) -> Callable[[argparse.Namespace], Iterator[object]]:
    """Return the generator function of a family of sockets."""

    def collect(options: argparse.Namespace) -> Iterator[object]:
        from pykdump.commands.xport import families
        from pykdump.commands.xport.common import chosen_nets

        function: Callable[..., Iterator[object]] = getattr(families, f"{name}_sockets")
        return function(chosen_nets(options), options, _pids(options))

    return collect


def _pids(options: argparse.Namespace) -> dict[int, tuple[int, ...]] | None:
    if options.pid is None:
        return None
    from pykdump.linux.inet.owners import owners

    return owners()


def _part(module: str, function: str) -> Callable[[argparse.Namespace], Iterator[object]]:
    """Return a generator function of a part. Its module is imported when it is called: few runs need all parts."""

    def collect(options: argparse.Namespace) -> Iterator[object]:
        found = __import__(f"pykdump.commands.xport.{module}", fromlist=[function])
        result: Iterator[object] = getattr(found, function)(options)
        return result

    return collect


# (heading, options that ask for it, generator function). Options that name no view ask for sockets.
VIEWS: tuple[tuple[str, tuple[str, ...], Callable[[argparse.Namespace], Iterator[object]]], ...] = (
    ("Netfilter", ("netfilter",), _part("netfilter", "netfilter")),
    ("Softnet queues", ("softnet",), _part("counters", "softnet")),
    ("Sysctl variables", ("sysctl",), _part("counters", "sysctl")),
    ("Packet types", ("devpack",), _part("packets", "handlers")),
    ("Neighbours", ("arp",), _part("neighbours", "neighbours")),
    ("Routes", ("route",), _part("routes", "routes")),
    ("Exceptions of routes", ("rtcache",), _part("routes", "exceptions")),
    ("Packets", ("skbuffhead",), _part("packets", "queue")),
    ("Interfaces", ("interfaces", "interface"), _part("interfaces", "interfaces")),
    ("Summary", ("summary",), _part("summary", "summary")),
    ("SNMP counters", ("statistics",), _part("counters", "snmp")),
    ("Decoded", ("decode",), _part("packets", "decode")),
    ("Sockets of processes", ("program",), _part("processes", "process_sockets")),
    (
        "Sockets",
        ("all", "listening", "tcp", "udp", "raw", "tcpstate", "retransonly"),
        _sockets,
    ),
    ("UNIX sockets", ("unix",), _family("unix")),
    ("Packet sockets", ("packet",), _family("packet")),
    ("Netlink sockets", ("netlink",), _family("netlink")),
    ("VSOCK sockets", ("vsock",), _family("vsock")),
)
NEED_A_VALUE = {"skbuffhead", "decode", "program"}


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield what the options ask for, in one section each."""
    if options.pid:
        yield from guarded("the sockets of the process", _part("processes", "process_sockets"), options)
        return
    chosen = list(_chosen(options))
    reported = set()
    for heading, view in chosen:
        if len(chosen) > 1:
            yield Section(heading)
        for event in guarded(heading.lower(), view, options):
            if isinstance(event, Finding):  # the summary reports what other views report too
                if (event.identifier, event.addresses) in reported:
                    continue
                reported.add((event.identifier, event.addresses))
            yield event


def _chosen(options: argparse.Namespace) -> Iterator[tuple[str, Callable[[argparse.Namespace], Iterator[object]]]]:
    if options.everything:
        options.all = True
        options.verbose = max(options.verbose, 2)
    wanted = [
        (heading, view)
        for heading, names, view in VIEWS
        if any(getattr(options, name) for name in names) or (options.everything and not NEED_A_VALUE & set(names))
    ]
    if not wanted and (options.port or options.pid is not None):
        options.all = True
        wanted = [("Sockets", _sockets)]
    yield from wanted or [("Summary", _part("summary", "summary"))]


COMMAND = Command(__doc__, add_options, collect, {}, parts=PARTS)
main = COMMAND.main
