# SPDX-License-Identifier: GPL-3.0-or-later
"""ext/guard/program_counter.h on this machine and on others, which qemu-user runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import cprobe


@pytest.mark.parametrize("machine", cprobe.MACHINES)
def test_handler_sees_where_the_signal_came(tmp_path: Path, machine: str) -> None:
    program = cprobe.build(tmp_path, "guard/program_counter_probe.c", machine=machine)
    assert cprobe.run(program) == ["inside"]
