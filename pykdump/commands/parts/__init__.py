# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of commands: records that several commands share, and the further modules of long commands."""
