# SPDX-License-Identifier: GPL-3.0-or-later
"""Routing: routes of IPv4 and IPv6, policy rules, neighbours."""
