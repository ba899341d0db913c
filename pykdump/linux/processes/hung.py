# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's limit for hung tasks."""

from __future__ import annotations

from crash import error, readSymbol

USUAL_SECONDS = 120  # CONFIG_DEFAULT_HUNG_TASK_TIMEOUT


def hung_task_seconds() -> int:
    """Return after how many seconds the kernel reports a hung task: ``sysctl_hung_task_timeout_secs``.

    0 means that it never does; then, and on a kernel without the detector, this is the usual limit.
    """
    try:
        return int(readSymbol("sysctl_hung_task_timeout_secs")) or USUAL_SECONDS
    except (TypeError, error):  # there is no such variable, or its page is not in the dump
        return USUAL_SECONDS
