# SPDX-License-Identifier: GPL-3.0-or-later
"""Compilers, targets and hosts, the C library and static libraries. Imports base and fetch."""
