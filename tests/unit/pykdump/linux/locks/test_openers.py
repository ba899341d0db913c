# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has pipes and connections open."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import caches  # noqa: E402
from pykdump.linux.locks import openers  # noqa: E402

FILES = {1: [0x100, 0x200], 2: [0x200], 3: [0xBAD000]}


@pytest.fixture(autouse=True)
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    k = fake_crash.install()
    k.define("struct file", f_op="u64", private_data="u64")
    k.define("struct pipe_inode_info", rd_wait="u64", wr_wait="u64")
    k.define("struct fuse_dev", fc="u64")
    k.symbols.update({"pipefifo_fops": 0x10, "fuse_dev_operations": 0x20})
    k.make("struct file", 0x100, f_op=0x10, private_data=0x5000)
    k.make("struct file", 0x200, f_op=0x20, private_data=0x6000)
    k.make("struct fuse_dev", 0x6000, fc=0x7000)
    view = k.view
    monkeypatch.setattr(openers, "process_leaders", lambda: list(FILES))
    monkeypatch.setattr(openers, "open_files", lambda leader: [(0, view("struct file", f)) for f in FILES[leader]])
    caches.purge_memoize_cache(caches.CU_LIVE)
    yield
    caches.purge_memoize_cache(caches.CU_LIVE)


def test_each_process_that_has_it_open() -> None:
    assert openers.openers(openers.PIPES) == {0x5000: [1]}
    assert openers.openers(openers.FUSE) == {0x6000: [1, 2]}
    assert openers.openers(openers.SOCKETS) == {}, "a kernel without this symbol"


def test_both_queues_of_a_pipe() -> None:
    assert openers.users_of_pipe(0x5000) == openers.users_of_pipe(0x5008) == (0x5000, [1])
    assert openers.users_of_pipe(0x5010) == (0, [])


def test_servers_of_a_connection() -> None:
    assert openers.fuse_servers(0x7000) == [1, 2]
    assert openers.fuse_servers(0x7001) == []


def test_the_other_end_of_a_unix_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    k = fake_crash.KERNEL
    k.define("struct sock_common", skc_family="u32")
    k.define("struct sock", __sk_common="struct sock_common")
    k.define("struct wait_queue_head", lock="u64")
    k.define("struct socket_wq", wait="struct wait_queue_head")
    k.define("struct unix_sock", sk="struct sock", peer="ptr struct sock", peer_wq="struct socket_wq")
    k.define("struct socket", sk="ptr struct sock", wq="struct socket_wq")
    cast = lambda struct, name: k.view(name, int(struct))  # noqa: E731
    monkeypatch.setattr(fake_crash.StructResult, "castTo", cast, raising=False)
    for number, family in ((1, 1), (2, 1), (3, 2)):
        sock, socket = 0x9000 + 0x100 * number, 0x8000 + 0x100 * number
        k.make("struct unix_sock", sock, sk_DOT___sk_common_DOT_skc_family=family, peer=0x9200 if number == 1 else 0)
        k.make("struct socket", socket, sk=sock)
    monkeypatch.setattr(openers, "openers", lambda kind: {0x8100: [1], 0x8200: [2], 0x8300: [3]})
    own = k.find("struct socket", "wq.wait")[0]
    full = k.find("struct unix_sock", "peer_wq.wait")[0]
    assert openers.owners_of_sockets() == {0x9100: [1], 0x9200: [2], 0x9300: [3]}
    assert openers.peer_of_unix_socket(0x8100 + own) == 0x9200, "the socket that it is connected to"
    assert openers.peer_of_unix_socket(0x9200 + full) == 0x9200, "a socket that takes no more messages"
    assert openers.peer_of_unix_socket(0x8200 + own) is None, "not connected"
    assert openers.peer_of_unix_socket(0x8300 + own) is None, "no AF_UNIX socket"
    assert openers.peer_of_unix_socket(0x7000) is None
