# SPDX-License-Identifier: GPL-3.0-or-later
"""``API_options``: the values of the common options that programs read.

``pykdump/runtime/options.py`` puts in each option that has a default, and changes its value while a program runs.
"""

from __future__ import annotations

from pykdump.compat_helpers import Bunch

API_options = Bunch()
