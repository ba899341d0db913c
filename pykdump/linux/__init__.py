# SPDX-License-Identifier: GPL-3.0-or-later
"""Helpers that read the kernel's structures, one module for each subsystem. They yield values and never print.

The modules here import the API core and ``crash``, and each other where no circle results.
"""
