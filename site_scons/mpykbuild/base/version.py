# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of the extension. It is greater than PyKdump's 3.x, so the version checks of old scripts accept it."""

VERSION = "4.0.0"
