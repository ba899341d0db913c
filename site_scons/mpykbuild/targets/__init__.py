# SPDX-License-Identifier: GPL-3.0-or-later
"""What the targets of the command line do once everything is built. Imports all other rooms."""
