# SPDX-License-Identifier: GPL-3.0-or-later
"""Helpers for one kernel subsystem each: they yield values and never print."""
