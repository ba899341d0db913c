# SPDX-License-Identifier: GPL-3.0-or-later
"""Why tasks wait, from the functions on their stacks: what has no lock, or whose lock says little.

The first row that matches counts; the search begins at the innermost function. The rows are data: a function of the
kernel (a regular expression that matches the whole name), the kind of the wait, and what the task waits for in words.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# (functions, kind, words)
_ROWS = (
    # Other tasks. The kinds have functions in blockers.py, which find these tasks.
    ("kernel_clone|_do_fork|wait_for_vfork_done", "vfork", "its child of vfork() to exec or end"),
    ("request_wait_answer|__fuse_request_send|fuse_get_req|fuse_block_alloc", "fuse", "the answer of a FUSE server"),
    ("__flush_work|flush_work|__cancel_work\\w*|cancel_(delayed_)?work_sync", "work", "a work item to end"),
    ("(__)?flush_workqueue|drain_workqueue|__flush_workqueue", "workqueue", "the work items of a workqueue to end"),
    ("ptrace_stop|ptrace_notify", "ptrace", "its tracer"),
    ("kthread_stop\\w*|kthread_park|kthread_unpark", "kthread", "a kernel thread to stop or park"),
    ("(__)?kthread_create\\w*", "kthreadd", "kthreadd to create a kernel thread"),
    # Journals and logs.
    ("jbd2_log_wait_commit|__jbd2_log_wait_for_space", "jbd2-commit", "a journal commit (jbd2)"),
    ("wait_transaction_\\w+|add_transaction_credits|start_this_handle", "jbd2-transaction", "a journal transaction"),
    ("jbd2_\\w+|do_get_write_access", "jbd2", "the journal (jbd2)"),
    ("xlog_\\w+|xfs_log_\\w+", "xfs-log", "the log of XFS"),
    ("xfs_buf_\\w+|xfs_buf_lock", "xfs-buffer", "a buffer of XFS"),
    ("btrfs_(wait|commit|start)_\\w+|wait_current_trans", "btrfs", "btrfs"),
    # Network file systems.
    ("rpc_wait_bit_killable|__rpc_execute|rpc_\\w+", "rpc", "an RPC request"),
    ("nfs4?_\\w+", "nfs", "NFS"),
    ("(cifs|smb2?|SMB2)_\\w+|compound_send_recv", "smb", "an SMB server"),
    # Memory.
    ("balance_dirty_pages\\w*", "dirty-pages", "writeback: too many pages are dirty"),
    ("throttle_direct_reclaim|reclaim_throttle|shrink_\\w+|try_to_free_\\w+|congestion_wait|kswapd_try_to_sleep",
     "reclaim", "memory reclaim"),
    ("mem_cgroup_\\w+|try_charge_memcg", "memory-cgroup", "memory of its cgroup"),
    ("__alloc_pages_slowpath\\w*", "allocation", "free memory"),
    # Block devices.
    ("blk_mq_freeze_queue_wait\\w*|(__)?(blk|bio)_queue_enter", "frozen-queue", "a request queue that is frozen"),
    ("blk_mq_get_tag|__sbitmap_queue_get\\w*", "tag", "a free tag of a request queue"),
    ("rq_qos_wait|wbt_wait|iolatency_\\w+|ioc_rqos_throttle", "throttle", "the throttle of a block device"),
    ("blk_execute_rq\\w*|submit_bio_wait|blkdev_issue_\\w+|blk_wait_io", "block-io", "I/O of a block device"),
    ("__wait_on_buffer|wait_on_buffer|__sync_dirty_buffer|__bread\\w*|sync_dirty_buffer", "buffer", "I/O of a buffer"),
    ("md_\\w+|raid\\d+_\\w+", "md", "software RAID"),
    ("dm_\\w+", "dm", "the device mapper"),
    ("scsi_\\w+|sd_\\w+", "scsi", "a SCSI device"),
    ("nvme_\\w+", "nvme", "an NVMe device"),
    ("__blkdev_direct_IO\\w*|iomap_dio_\\w+|dio_\\w+|inode_dio_wait\\w*", "direct-io", "direct I/O"),
    ("wb_wait_for_completion|sync_inodes_sb|__writeback_inodes_sb_nr|wait_sb_inodes|wait_on_page_writeback"
     "|folio_wait_writeback|__filemap_fdatawait_range", "writeback", "writeback"),
    # The kernel's own machinery.
    ("(__)?wait_rcu_gp|synchronize_(s?rcu\\w*|net)|(s|k)?rcu_barrier\\w*|cond_synchronize_rcu", "rcu",
     "an RCU grace period"),
    ("stop_\\w*cpus?\\w*|migrate_swap|set_cpus_allowed_ptr|__set_cpus_allowed_ptr\\w*|affine_move_task", "cpu-stop",
     "the stopper thread of a CPU"),
    ("__refrigerator|__cgroup_account_cputime_field|cgroup_enter_frozen|do_freezer_trap", "freezer", "the freezer"),
    ("coredump_wait|coredump_task_exit|exit_mm|do_coredump", "core-dump", "a core dump"),
    ("de_thread|begin_new_exec", "exec", "its other threads to end"),
    ("zap_pid_ns_processes", "pid-namespace", "the processes of its PID namespace to end"),
    ("call_usermodehelper_exec|__request_module", "user-helper", "a program that the kernel started"),
    ("(__)?request_firmware\\w*|_request_firmware", "firmware", "firmware"),
    ("msleep\\w*|usleep_range\\w*|fsleep", "delay", "a delay in the kernel"),
    ("__synchronize_irq|synchronize_irq", "irq", "an interrupt handler to end"),
    ("kernfs_drain|kernfs_\\w+", "kernfs", "users of a file in sysfs to end"),
    ("freeze_super|thaw_super\\w*|do_thaw_all", "freezing", "a file system to freeze or thaw"),
    ("(flock|posix|locks)_lock_inode_wait|fcntl_(set|get)lk\\w*|do_lock_file_wait|__break_lease", "file-lock",
     "a file lock"),
    ("wait_for_device_probe|device_\\w+|driver_\\w+", "device", "a driver"),
    # What user space waits for: interruptible.
    ("futex_wait\\w*|do_futex", "futex", "a futex"),
    ("ep_poll|do_epoll_wait", "epoll", "epoll events"),
    ("do_sys_poll|do_poll\\w*|poll_schedule_timeout\\w*|do_select|core_sys_select", "poll", "poll or select"),
    ("(anon_)?pipe_(read|write)|pipe_wait_\\w+|wait_for_partner|fifo_open", "pipe", "a pipe"),
    ("unix_\\w+|sock_alloc_send_pskb|__skb_wait_for_more_packets", "unix-socket", "an AF_UNIX socket"),
    ("inet_csk_accept|inet_accept|tcp_\\w+|sk_wait_data|sk_stream_wait_\\w+|inet_stream_connect|inet_wait_for_connect"
     "|__inet_stream_connect", "tcp", "a TCP connection"),
    ("udp\\w+|raw_recvmsg|packet_recvmsg|netlink_\\w+|skb_recv_datagram|__skb_recv_datagram|vsock_\\w+", "socket",
     "a message on a socket"),
    ("do_wait|kernel_wait4|do_wait_\\w+", "child", "a child process"),
    ("do_signal_stop|do_jobctl_trap|get_signal", "stopped", "SIGCONT"),
    ("\\w*sys_pause|sigsuspend|do_sigtimedwait|signalfd_\\w+", "signal", "a signal"),
    ("do_nanosleep|hrtimer_nanosleep|common_nsleep\\w*|alarm_timer_nsleep", "sleep", "a time to pass"),
    ("io_cqring_wait|io_wq_worker|io_sq_thread|read_events|do_io_getevents", "async-io", "asynchronous I/O"),
    ("inotify_read|fanotify_\\w+|eventfd_read|timerfd_read\\w*|userfaultfd_\\w+|handle_userfault", "event-file",
     "an event of a file descriptor"),
    ("do_msg(rcv|snd)|do_semtimedop\\w*|__do_semtimedop|wq_sleep|do_mq_\\w+", "sysv-ipc", "System V or POSIX IPC"),
    ("n_tty_(read|write)|tty_\\w+|wait_for_tty", "tty", "a terminal"),
    ("do_syslog|syslog_print|devkmsg_read", "log", "the kernel's log"),
    ("fuse_dev_\\w+", "fuse-server", "FUSE requests"),
)  # fmt: skip
# Threads of the kernel that have nothing to do. These functions count only if they are the innermost ones: a worker
# that waits in its work item has worker_thread() on its stack too.
_IDLE = re.compile(
    r"(?:worker_thread|rescuer_thread|smpboot_thread_fn|kthread_worker_fn|kthreadd|irq_thread|rcu_\w+|kswapd|kcompactd"
    r"|khugepaged|ksm_scan_thread|oom_reaper|kauditd_thread|watchdog|kjournald2|loop_\w+|\w+_thread|\w+_loop|\w+d)\Z"
)
IDLE = ("idle-kthread", "work for a kernel thread")
_PATTERNS = [(re.compile(rf"(?:{functions})\Z"), kind, words) for functions, kind, words in _ROWS]
# Each function is looked up once: many tasks have the same ones.
_KNOWN: dict[str, tuple[str, str] | None] = {}

# {kind of a lock: words}
LOCK_WORDS = {
    "mutex": "a mutex",
    "rwsem": "an rw_semaphore",
    "semaphore": "a semaphore",
    "percpu-rwsem": "a percpu_rw_semaphore",
    "freeze": "a frozen file system",
    "rt-mutex": "an rt_mutex",
    "pi-futex": "a futex with priority inheritance",
    "futex": "a futex",
    "folio": "a page (lock or I/O)",
    "bit": "a bit (wait_on_bit)",
    "variable": "a variable (wait_var_event)",
    "completion": "a completion",
    "wait-queue": "a wait queue",
    "timeout": "a timeout or an event",
    "io": "I/O (io_schedule)",
    "unknown": "an unknown event",
}


def reason(functions: Sequence[str]) -> tuple[str, str]:
    """Return (kind, words) for the functions of a stack, innermost first; ("", "") if no row matches."""
    for function in functions:
        if function not in _KNOWN:
            _KNOWN[function] = next((row[1:] for row in _PATTERNS if row[0].match(function)), None)
        found = _KNOWN[function]
        if found is not None:
            return found
    if functions and _IDLE.match(functions[0]) and "ret_from_fork" in functions:
        return IDLE
    return "", ""
