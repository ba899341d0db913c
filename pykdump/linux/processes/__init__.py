# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes: their tree, their memory, their limits and credentials, their namespaces."""
