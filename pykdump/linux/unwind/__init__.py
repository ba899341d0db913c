# SPDX-License-Identifier: GPL-3.0-or-later
"""How stacks are unwound: the kernel's ORC tables, and crash's bt where they do not reach.

Programs import from :mod:`pykdump.linux.stacks` instead.
"""
