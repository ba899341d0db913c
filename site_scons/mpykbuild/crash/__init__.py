# SPDX-License-Identifier: GPL-3.0-or-later
"""crash trees: read, built, checked against what the extension needs. Imports up to toolchain."""
