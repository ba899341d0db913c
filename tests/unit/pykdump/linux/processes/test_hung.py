# SPDX-License-Identifier: GPL-3.0-or-later
"""The limit for hung tasks."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.processes import hung  # noqa: E402


@pytest.mark.parametrize(("value", "seconds"), [(None, 120), (0, 120), (30, 30)])
def test_the_limit(value: int | None, seconds: int) -> None:
    kernel = fake_crash.install()
    if value is not None:
        kernel.symbols["sysctl_hung_task_timeout_secs"] = 0x10
        kernel.variables["sysctl_hung_task_timeout_secs"] = value
    assert hung.hung_task_seconds() == seconds
