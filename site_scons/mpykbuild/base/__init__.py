# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors, paths, the cache and its keys, and the one way to run a program or to apply a patch. Imports no room."""
