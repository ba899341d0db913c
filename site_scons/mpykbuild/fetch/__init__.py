# SPDX-License-Identifier: GPL-3.0-or-later
"""Pinned sources and Debian packages: downloaded, verified by hash, unpacked. Imports base."""
