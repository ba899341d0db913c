# SPDX-License-Identifier: GPL-3.0-or-later
"""The functions behind the targets of the command line. Imports all other rooms."""
