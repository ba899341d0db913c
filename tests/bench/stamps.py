# SPDX-License-Identifier: GPL-3.0-or-later
"""A program for epython that only imports the API. It prints "program BEGIN END", in nanoseconds."""

import time

begin = time.time_ns()
from pykdump.API import *  # noqa: E402, F403 - how long this takes is the question

print("program", begin, time.time_ns())
