# SPDX-License-Identifier: GPL-3.0-or-later
"""Which namespaces a program looks at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import namespaces  # noqa: E402
from pykdump.linux import inet  # noqa: E402

INIT, OTHER, TASK, ZOMBIE = 0x1000, 0x2000, 0x3000, 0x4000
INIT_NET, OTHER_NET, THIRD_NET = 0x5000, 0x6000, 0x7000


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[fake_crash.Kernel]:
    kernel = fake_crash.install()
    kernel.define("struct net", count="u64")
    kernel.define("struct nsproxy", net_ns="ptr struct net")
    kernel.make("struct nsproxy", INIT, net_ns=INIT_NET)
    kernel.make("struct nsproxy", OTHER, net_ns=OTHER_NET)
    kernel.define("struct task_struct", nsproxy="ptr struct nsproxy")
    kernel.make("struct task_struct", TASK, nsproxy=OTHER)
    kernel.make("struct task_struct", ZOMBIE, nsproxy=0)
    kernel.variables["init_nsproxy"] = kernel.view("struct nsproxy", INIT)
    kernel.symbols["init_nsproxy"] = INIT
    monkeypatch.setattr(namespaces, "pid_to_task", {5: TASK, 6: ZOMBIE}.get)
    yield kernel
    namespaces.set_nsproxy()


def test_the_initial_ones_until_a_task_is_named(kernel: fake_crash.Kernel) -> None:
    assert namespaces.get_nsproxy() == INIT
    namespaces.set_nsproxy(5)
    assert namespaces.get_nsproxy() == OTHER
    namespaces.set_nsproxy()
    assert namespaces.get_nsproxy() == INIT


def test_a_kernel_without_the_symbol(kernel: fake_crash.Kernel) -> None:
    del kernel.symbols["init_nsproxy"]
    kernel.variables["init_task"] = kernel.view("struct task_struct", TASK)
    assert namespaces.get_nsproxy() == OTHER


@pytest.mark.parametrize(("pid", "reason"), [(7, "no task"), (6, "zombie")])
def test_a_task_without_namespaces(kernel: fake_crash.Kernel, pid: int, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        namespaces.set_nsproxy(pid)
    assert namespaces.get_nsproxy() == INIT


def test_the_network_helpers_follow_the_setting(kernel: fake_crash.Kernel) -> None:
    assert inet.get_ns_net() == INIT_NET
    namespaces.set_nsproxy(5)
    assert inet.get_ns_net() == OTHER_NET


def test_a_network_namespace_is_chosen_alone_until_the_next_choice(
    kernel: fake_crash.Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inet, "get_net_namespace_list", lambda: [INIT_NET, OTHER_NET, THIRD_NET])
    namespaces.set_nsproxy(5)
    assert inet.set_ns_net(THIRD_NET)
    assert (namespaces.get_net(), namespaces.get_nsproxy()) == (THIRD_NET, OTHER)
    assert not inet.set_ns_net(0xDEAD)
    assert inet.get_ns_net() == THIRD_NET
    assert inet.set_ns_net()
    assert inet.get_ns_net() == OTHER_NET
    inet.set_ns_net(THIRD_NET)
    namespaces.set_nsproxy()
    assert inet.get_ns_net() == INIT_NET


def test_a_choice_is_kept_and_put_back(kernel: fake_crash.Kernel) -> None:
    namespaces.set_nsproxy(5)
    put_back = namespaces.remember()
    namespaces.set_nsproxy()
    put_back()
    assert namespaces.get_nsproxy() == OTHER
