# SPDX-License-Identifier: GPL-3.0-or-later
"""The libdeflate that the build has made."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpykbuild.base.paths import PROJECT
from mpykbuild.plan import options
from mpykbuild.plan import project as project_plan
from mpykbuild.plan.settings import Settings


def built_libdeflate() -> Path:
    """Return the folder of the product; the test is skipped when it is not there, as nothing is fetched here."""
    plan = project_plan.libdeflate_plan(Settings(options.checked_values({}), PROJECT))
    if not plan.is_in_place():
        pytest.skip("needs libdeflate, which ./sconsw builds")
    return plan.folder
