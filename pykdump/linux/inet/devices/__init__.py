# SPDX-License-Identifier: GPL-3.0-or-later
"""Network interfaces: their state, counters, queues, and what the kinds of virtual interfaces know."""
