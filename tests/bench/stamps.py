# SPDX-License-Identifier: GPL-3.0-or-later
"""A program for epython that does what every program does first, and says when: "program BEGIN END", nanoseconds."""

import time

begin = time.time_ns()
from pykdump.API import *  # noqa: E402, F403 - how long this takes is the question

print("program", begin, time.time_ns())
