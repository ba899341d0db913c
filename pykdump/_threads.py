# SPDX-License-Identifier: GPL-3.0-or-later
"""Threads that a program has started and does not wait for, and the depth of recursion that a session survives."""

from __future__ import annotations

import sys

PATIENCE_SECONDS = 10.0
# A level of Python code that goes through C (sorted(key=...), __getattr__, repr()) takes up to 500 bytes of C stack
# before Python 3.12, and the main thread has 8 MiB of it; a level of plain code takes heap.
RECURSION_MAX = 10_000


def finish() -> None:
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


def limit_recursion() -> None:
    """Make sys.setrecursionlimit() stop where endless recursion would end the session, not the program."""
    original = sys.setrecursionlimit
    if hasattr(original, "capped"):
        return

    def setrecursionlimit(limit: int, /) -> None:
        """Set the depth of recursion that raises RecursionError; in crash, not above a bound."""
        original(min(limit, RECURSION_MAX) if isinstance(limit, int) else limit)

    setrecursionlimit.capped = True  # type: ignore[attr-defined]
    sys.setrecursionlimit = setrecursionlimit
