# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that the extension adds to crash, one module for each. taskinfo.py shows the shape of such a module.

The modules here import ``linux/``, the API core and ``crash``.
"""
