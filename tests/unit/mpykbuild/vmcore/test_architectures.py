# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of guests uses the names that crash, Debian and the kernel use."""

from __future__ import annotations

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.toolchain.crash_targets import TARGETS
from mpykbuild.vmcore.architectures import ARCHITECTURES, Architecture, architecture


@pytest.mark.parametrize("row", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_all_names_of_a_row_are_of_one_architecture(row: Architecture) -> None:
    assert {row.machine, row.debian} <= set(TARGETS[row.target].machines)
    assert row.emulator == f"qemu-system-{row.machine}"
    assert row.tools in ("", f"{row.machine}-linux-gnu-")
    assert row.phys_base.startswith("NUMBER(")
    assert architecture(row.target) is row


def test_an_unknown_target_is_a_build_error() -> None:
    with pytest.raises(BuildError, match="crash target PPC64"):
        architecture("PPC64")
