# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors, paths, the cache and its keys. All programs are run and all patches applied here. Imports no other room."""
