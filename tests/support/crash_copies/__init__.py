# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of a crash that has opened its dump. Opening takes crash ten seconds and more, a copy is there at once.

A copy is made with fork() at crash's first prompt, before any extension is loaded (see copies.c), so it is in the same
state as a crash that was just started. What a copy cannot show is what crash does at its start: its options, the
variables that it reads then, its threads, and a terminal. Such tests start a crash of their own.
"""

from support.crash_copies.opened import close_all, offer, offered
from support.crash_copies.process import Copy

__all__ = ["Copy", "close_all", "offer", "offered"]
