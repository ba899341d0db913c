# SPDX-License-Identifier: GPL-3.0-or-later
"""Compilers, crash targets, hosts, the C library and static libraries. Imports base and fetch."""
