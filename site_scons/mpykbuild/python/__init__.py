# SPDX-License-Identifier: GPL-3.0-or-later
"""A static CPython from a source or a prebuilt one, and what is in its standard library. Imports up to toolchain."""
