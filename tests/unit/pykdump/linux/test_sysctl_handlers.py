# SPDX-License-Identifier: GPL-3.0-or-later
"""sysctl variables whose handlers compute the value in a way of their own."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.sysctl_handlers import SPECIAL, UNKNOWN  # noqa: E402

DATA = 0x1000


def integers(*values: int) -> fake_crash.Kernel:
    kernel = fake_crash.install()
    for number, value in enumerate(values):
        kernel.write(DATA + 4 * number, value.to_bytes(4, "little"))
    return kernel


@pytest.mark.parametrize(
    ("handler", "name", "jiffies", "value"),
    [
        # A tick of the fake kernel is 4 ms.
        ("neigh_proc_base_reachable_time", "base_reachable_time_ms", 7500, 30000),
        ("neigh_proc_base_reachable_time", "base_reachable_time", 7500, 30),
        ("ndisc_ifinfo_sysctl_change", "retrans_time_ms", 250, 1000),
        ("ndisc_ifinfo_sysctl_change", "retrans_time", 250, 100),  # in 1/100 s
    ],
)
def test_times_in_the_unit_of_their_name(handler: str, name: str, jiffies: int, value: int) -> None:
    integers(jiffies)
    assert SPECIAL[handler](DATA, 4, name) == value


def test_ports_before_and_since_6_8() -> None:
    kernel = integers(32768, 60999)
    assert SPECIAL["ipv4_local_port_range"](DATA, 8, "ip_local_port_range") == [32768, 60999]
    kernel.define("struct local_ports", range="u32")
    kernel.define("struct netns_ipv4", ip_local_ports="struct local_ports")
    kernel.define("struct net", ipv4="struct netns_ipv4")
    kernel.make("struct net", DATA, ipv4_DOT_ip_local_ports_DOT_range=60999 << 16 | 32768)
    assert SPECIAL["ipv4_local_port_range"](DATA, 0, "ip_local_port_range") == [32768, 60999]


def test_bytes_as_packets() -> None:
    kernel = integers(212992)
    kernel.sizes.update({"struct sk_buff": 232, "struct skb_shared_info": 320})
    assert SPECIAL["neigh_proc_dointvec_unres_qlen"](DATA, 4, "unres_qlen") == 101


@pytest.mark.parametrize(("count", "value"), [(0, 0), (1, 1), (7, 1)])
def test_a_static_key(count: int, value: int) -> None:
    integers(count)
    assert SPECIAL["proc_do_static_key"](DATA, 4, "x") == value


def test_a_variable_instead_of_the_data() -> None:
    kernel = integers()
    assert SPECIAL["sysctl_delayacct"](0, 4, "task_delayacct") == UNKNOWN
    kernel.symbols["delayacct_on"] = DATA
    kernel.write(DATA, bytes([1, 0, 0, 0]))
    assert SPECIAL["sysctl_delayacct"](0, 4, "task_delayacct") == 1


def test_a_name_behind_a_pointer() -> None:
    kernel = integers()
    kernel.define("struct tcp_congestion_ops", name="char[16]")
    kernel.make("struct tcp_congestion_ops", 0x2000, name="cubic")
    kernel.write_pointer(DATA, 0x2000)
    assert SPECIAL["proc_tcp_congestion_control"](DATA, 16, "tcp_congestion_control") == "cubic"


def test_a_kernel_without_huge_pages() -> None:
    integers()
    assert SPECIAL["hugetlb_sysctl_handler"](0, 8, "nr_hugepages") == UNKNOWN
