# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python side of the toolkit: programs say ``from pykdump.API import *``."""
