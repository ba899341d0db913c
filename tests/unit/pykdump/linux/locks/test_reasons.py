# SPDX-License-Identifier: GPL-3.0-or-later
"""Why tasks wait, by the functions on their stacks."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.locks import blockers, reasons  # noqa: E402

STACKS = {
    "vfork": "wait_for_completion_state kernel_clone __do_sys_vfork do_syscall_64",
    "fuse": "request_wait_answer fuse_simple_request fuse_lookup_name filename_create do_mkdirat",
    "work": "__wait_for_common __flush_work lru_add_drain_all",
    "workqueue": "__wait_for_common __flush_workqueue ext4_put_super",
    "jbd2-commit": "jbd2_log_wait_commit jbd2_complete_transaction ext4_sync_file do_fsync",
    "jbd2-transaction": "wait_transaction_locked add_transaction_credits start_this_handle jbd2__journal_start",
    "xfs-log": "xlog_grant_head_wait xlog_grant_head_check xfs_log_reserve xfs_trans_reserve",
    "dirty-pages": "balance_dirty_pages balance_dirty_pages_ratelimited_flags generic_perform_write",
    "tag": "blk_mq_get_tag __blk_mq_alloc_requests blk_mq_submit_bio",
    "frozen-queue": "__bio_queue_enter submit_bio_noacct",
    "rcu": "__wait_for_common __wait_rcu_gp synchronize_rcu_normal synchronize_rcu",
    "child": "do_wait kernel_wait4 __do_sys_wait4 do_syscall_64",
    "poll": "schedule_hrtimeout_range_clock do_sys_poll __x64_sys_poll",
    "epoll": "ep_poll do_epoll_wait __x64_sys_epoll_wait",
    "pipe": "pipe_read vfs_read ksys_read",
    "unix-socket": "unix_wait_for_peer unix_dgram_sendmsg ____sys_sendmsg",
    "signal": "__x64_sys_pause do_syscall_64",
    "idle-kthread": "worker_thread kthread ret_from_fork",
    "": "mpyk_stuck_work process_one_work worker_thread kthread ret_from_fork",
}  # fmt: skip


@pytest.mark.parametrize("kind", STACKS)
def test_stacks_have_their_reason(kind: str) -> None:
    found, words = reasons.reason(STACKS[kind].split())
    assert found == kind
    assert bool(words) == bool(kind)


def test_an_empty_stack_has_none() -> None:
    assert reasons.reason([]) == ("", "")


def test_kinds_with_blockers_are_kinds_of_reasons() -> None:
    kinds = {kind for _, kind, _ in reasons._ROWS}
    assert set(blockers._FINDERS) <= kinds
    assert not kinds & set(reasons.LOCK_WORDS) - {"futex"}
