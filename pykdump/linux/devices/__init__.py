# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices: PCI, and requests to block devices."""
