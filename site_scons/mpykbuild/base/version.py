# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of the extension. It follows on the classic PyKdump's 3.x, so that version checks in scripts hold."""

VERSION = "4.0.0"
