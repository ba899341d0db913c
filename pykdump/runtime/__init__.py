# SPDX-License-Identifier: GPL-3.0-or-later
"""The code that runs programs: the runner that C calls, the command line of ``epython``, the prompt, old names.

The modules here import the API core and ``crash``. They start commands, and the modules behind old names, by name at
run time: that keeps ``linux/`` and ``commands/`` out of the start of a program. No other room imports this one.
"""
