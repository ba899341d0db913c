# SPDX-License-Identifier: GPL-3.0-or-later
"""Machine code of x86-64: what an instruction does to registers and to the stack, followed through a function.

Programs import from :mod:`pykdump.linux.arguments` instead.
"""
