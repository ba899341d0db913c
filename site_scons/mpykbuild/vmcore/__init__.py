# SPDX-License-Identifier: GPL-3.0-or-later
"""The test guest: its kernel, its disks, its boot, and the dump of its memory. Imports up to toolchain."""
