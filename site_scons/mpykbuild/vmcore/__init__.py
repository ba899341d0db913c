# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the test vmcore: the guest's kernel, its disks, its boot, and the dump of its memory.

Imports base, fetch and toolchain.
"""
