# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python side of PyKdump. Programs say ``from pykdump.API import *``.

The modules of this folder are the API core: they import ``crash`` and each other, and none of the folders below.
``linux/`` reads kernel structures with the core, ``commands/`` prints what ``linux/`` yields, ``legacy/`` keeps old
helpers that print, ``runtime/`` runs programs. tests/unit/pykdump/test_rooms.py checks every import.
"""
