# SPDX-License-Identifier: GPL-3.0-or-later
"""Pinned sources and Debian packages: they are downloaded, verified by their hash, and unpacked. Imports base."""
