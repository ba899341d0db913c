# SPDX-License-Identifier: GPL-3.0-or-later
"""Crash trees: read them, build them, and compare them with what the extension needs.

Imports base, fetch and toolchain.
"""
