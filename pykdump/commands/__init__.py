# SPDX-License-Identifier: GPL-3.0-or-later
"""One module for each command that the extension adds to crash; see taskinfo.py for the shape of one."""
