# SPDX-License-Identifier: GPL-3.0-or-later
"""The libdeflate that ./sconsw has built."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpykbuild.base.paths import PROJECT
from mpykbuild.plan import options
from mpykbuild.plan import project as project_plan
from mpykbuild.plan.settings import Settings


def built_libdeflate() -> Path:
    """Return the folder of the product. The test is skipped if it is absent: tests fetch nothing."""
    plan = project_plan.libdeflate_plan(Settings(options.checked_values({}), PROJECT))
    if not plan.is_in_place():
        pytest.skip("needs libdeflate, which ./sconsw builds")
    return plan.folder
