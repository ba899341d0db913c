# SPDX-License-Identifier: GPL-3.0-or-later
"""Helpers of the classic LinuxDump package that print, or that are not about the kernel. Old programs import them.

The modules here import ``linux/``, the API core and ``crash``. No other room imports this one: programs reach it
through the table of old names in ``runtime/aliases.py``. New code belongs elsewhere: a helper that yields values into
``linux/``, a report into ``commands/``.
"""
