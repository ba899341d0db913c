# SPDX-License-Identifier: GPL-3.0-or-later
"""SysV segments of made-up namespaces, and who has attached them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.processes import sysv_shm  # noqa: E402


class Struct(SimpleNamespace):
    def __int__(self) -> int:
        return int(self.at)


def segment(key: int, pages: int, kind: str = "tmpfs") -> Struct:
    mapping = Struct(nrpages=pages, i_mmap=SimpleNamespace(rb_root=key))
    inode = Struct(i_mapping=mapping, i_sb=SimpleNamespace(s_type=SimpleNamespace(name=kind)))
    permission = Struct(key=key, id=key + 1, mode=0o600, uid=SimpleNamespace(val=5))
    pid = SimpleNamespace(numbers=[SimpleNamespace(nr=77)])
    return Struct(
        shm_perm=permission, shm_file=SimpleNamespace(f_inode=inode), shm_segsz=8192, shm_nattch=2, shm_cprid=pid,
        shm_lprid=0,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> None:
    made = {1: segment(10, 3), 2: segment(20, 4), 3: segment(30, 9, "hugetlbfs")}
    namespaces = [Struct(at=100, ids=[0, 0, SimpleNamespace(ipcs_idr=(1, 2))]),
                  Struct(at=200, ids=[0, 0, SimpleNamespace(ipcs_idr=(3,))])]  # fmt: skip
    proxies: list[Any] = [Struct(ipc_ns=namespaces[0]), Struct(ipc_ns=namespaces[0]), 0, Struct(ipc_ns=namespaces[1])]
    areas = {10: [1, 2, 2], 20: [2], 30: [1]}
    monkeypatch.setattr(sysv_shm, "process_leaders", lambda: [SimpleNamespace(nsproxy=proxy) for proxy in proxies])
    monkeypatch.setattr(sysv_shm, "idr_for_each", lambda idr: enumerate(idr))
    monkeypatch.setattr(sysv_shm, "readSU", lambda name, address: address)
    monkeypatch.setattr(
        sysv_shm, "container_of", lambda at, name, member: made[at] if member == "shm_perm" else Struct(swapped=1)
    )
    monkeypatch.setattr(
        sysv_shm, "for_all_rbtree", lambda root, name, member: [SimpleNamespace(vm_mm=mm) for mm in areas[root]]
    )


def test_segments_of_all_namespaces() -> None:
    found = list(sysv_shm.segments())
    assert [(s.key, s.shmid, s.resident, s.swapped, s.huge, s.namespace) for s in found] == [
        (10, 11, 3, 1, False, 100), (20, 21, 4, 1, False, 100), (30, 31, 9, 0, True, 200),
    ]  # fmt: skip
    assert (found[0].creator, found[0].last, found[0].mode, found[0].uid) == (77, 0, 0o600, 5)


def test_who_has_attached_them() -> None:
    assert sysv_shm.attached() == {1: 3, 2: 7}
