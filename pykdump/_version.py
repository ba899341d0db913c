# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of ``epython --version``: what a bug report must say."""

from __future__ import annotations

import os
import sys

import crash

from pykdump import _programs


def report() -> str:
    """Versions and places, one a line."""
    rows = [
        ("Extension", f"{getattr(crash, 'version', '?')} ({_programs.BUNDLE})"),
        ("Python", sys.version.replace("\n", " ")),
        ("crash", f"{getattr(crash, 'Crash_run', '?')} (built for {getattr(crash, 'Crash_build', '?')})"),
        (f"${_programs.PATH_VARIABLE}", os.environ.get(_programs.PATH_VARIABLE) or "not set"),
    ]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name + ':':<{width + 1}} {value}" for name, value in rows)
