# SPDX-License-Identifier: GPL-3.0-or-later
"""Threads that are still running when a program has ended."""

from __future__ import annotations

import sys
import threading
import time

PATIENCE_SECONDS = 10.0


def wait_for_all() -> None:
    """Wait for the program's threads that are not daemons, as Python does at its end, but for a limited time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    left = [t for t in threading.enumerate() if not t.daemon and t is not threading.current_thread()]
    for thread in left:
        thread.join(max(0.0, deadline - time.monotonic()))
    running = [thread.name for thread in left if thread.is_alive()]
    if running:
        names = ", ".join(running)
        print(
            f"The program has ended, but some of its threads still run after {PATIENCE_SECONDS:.0f} s: {names}",
            file=sys.stderr,
        )
