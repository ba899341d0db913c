# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes have a socket, a pipe or a FUSE connection open: they can wake those who wait for it."""

from __future__ import annotations

from crash import member_offset, readSU, sym2addr

from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.linux.fs import open_files
from pykdump.linux.locks.stack_words import DAMAGED
from pykdump.linux.tasks import process_leaders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crash import StructResult

# {what file->private_data points to: the variable to which file->f_op points}
SOCKETS, PIPES, FUSE = "socket_file_ops", "pipefifo_fops", "fuse_dev_operations"
AF_UNIX = 1
UNIX = "struct unix_sock"


@memoize_cond(CU_LIVE)
def openers(operations: str) -> dict[int, list[StructResult]]:
    """Return {``file->private_data``: processes} for the open files of one kind: SOCKETS, PIPES or FUSE."""
    return _all_openers().get(sym2addr(operations), {})


@memoize_cond(CU_LIVE)
def _all_openers() -> dict[int, dict[int, list[StructResult]]]:
    found: dict[int, dict[int, list[StructResult]]] = {}
    for name in (SOCKETS, PIPES, FUSE):
        address = sym2addr(name)  # that of FUSE is in a module
        if address:
            found[address] = {}
    for leader in process_leaders():
        try:
            for _, file in open_files(leader):
                known = found.get(int(file.f_op))
                if known is not None and file.private_data:
                    processes = known.setdefault(int(file.private_data), [])
                    if not processes or processes[-1] is not leader:
                        processes.append(leader)
        except DAMAGED:
            continue
    return found


def fuse_servers(connection: int) -> list[StructResult]:
    """Return the processes that have /dev/fuse open for a ``struct fuse_conn *``."""
    found = []
    for device, processes in openers(FUSE).items():
        try:
            if int(readSU("struct fuse_dev", device).fc) == connection:
                found += processes
        except DAMAGED:
            continue
    return found


def users_of_pipe(queue: int) -> tuple[int, list[StructResult]]:
    """Return (``struct pipe_inode_info *``, processes that have it open) for a wait queue of the pipe, (0, [])."""
    # Commit 0ddad21d3e99 ("pipe: use exclusive waits when reading or writing", v5.6) made two queues of one.
    for member in ("rd_wait", "wr_wait"):
        pipe = queue - member_offset("struct pipe_inode_info", member)
        processes = openers(PIPES).get(pipe)
        if processes:
            return pipe, processes
    return 0, []


@memoize_cond(CU_LIVE)
def owners_of_sockets() -> dict[int, list[StructResult]]:
    """Return {``struct sock *``: processes that have the socket open}."""
    found = {}
    for address, processes in openers(SOCKETS).items():
        try:
            found[int(readSU("struct socket", address).sk)] = processes
        except DAMAGED:
            continue
    return found


def peer_of_unix_socket(queue: int) -> StructResult | None:
    """Return the ``struct unix_sock`` whose owner must act for those who wait in this ``wait_queue_head_t *``.

    The queue is that of a socket which takes no more messages (unix_sock.peer_wq), or of the waiter's own socket
    (socket.wq: the socket at its other end must act). The result is None for another queue.
    """
    receiver = queue - member_offset(UNIX, "peer_wq.wait")
    if receiver in owners_of_sockets():
        return readSU(UNIX, receiver)
    # Commit 333f7909a857 ("coallocate socket_sq with socket itself", v5.3).
    own = queue - member_offset("struct socket", "wq.wait")
    if own not in openers(SOCKETS):
        return None
    sock = readSU("struct socket", own).sk
    if not sock or int(sock.__sk_common.skc_family) != AF_UNIX:
        return None
    peer = sock.castTo(UNIX).peer
    return peer.castTo(UNIX) if peer else None
