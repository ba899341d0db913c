# SPDX-License-Identifier: GPL-3.0-or-later
"""The static CPython, built from a source or made from a prebuilt one, and the lists of its standard library.

Imports base, fetch and toolchain.
"""
