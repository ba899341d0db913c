# SPDX-License-Identifier: GPL-3.0-or-later
"""Threads that a program has started and does not wait for."""

from __future__ import annotations

import sys

PATIENCE_SECONDS = 10.0


def wait_for_all() -> None:
    """Wait for the program's threads that are no daemons, as Python does at its end, but not for ever."""
    threading = sys.modules.get("threading")
    if threading is None:
        return
    import time

    deadline = time.monotonic() + PATIENCE_SECONDS
    left = [t for t in threading.enumerate() if not t.daemon and t is not threading.current_thread()]
    for thread in left:
        thread.join(max(0.0, deadline - time.monotonic()))
    running = [thread.name for thread in left if thread.is_alive()]
    if running:
        names = ", ".join(running)
        print(
            f"The program is over, but threads of it are not after {PATIENCE_SECONDS:.0f} s: {names}", file=sys.stderr
        )
