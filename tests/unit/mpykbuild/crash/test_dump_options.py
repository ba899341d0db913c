# SPDX-License-Identifier: GPL-3.0-or-later
"""The dumps that need an option for the start of memory, and the value of that option."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from mpykbuild.crash import dump_options

PAGE_OFFSET_52, PAGE_OFFSET_48 = 0xFFF0_0000_0000_0000, 0xFFFF_0000_0000_0000
ALL = (1 << 64) - 1
# One linear map that starts far below the memory, as with KASLR, and one without KASLR.
OFFSETS = [0xFFF0_A9AC_8000_0000, (0x4000_0000 - (0xF << 48)) & ALL]


def info(offset: int, bits: int, actual: int) -> dict[str, str]:
    return {
        "NUMBER(VA_BITS)": str(bits), "NUMBER(TCR_EL1_T1SZ)": hex(64 - actual), "NUMBER(PHYS_OFFSET)": hex(offset),
    }  # fmt: skip


@pytest.mark.parametrize("offset", OFFSETS)
def test_crash_and_the_kernel_compute_the_same_address(offset: int) -> None:
    """The kernel's __lm_to_phys() and crash's arm64_VTOP() on the same addresses."""
    message = dump_options.phys_offset(info(offset, 52, 48))
    assert message is not None
    for physical in (0x4000_0000, 0x6FE2_2050, 0x12_3456_7000):
        address = (physical - offset) & ALL | PAGE_OFFSET_52
        assert ((address & ~PAGE_OFFSET_48) + message) & ALL == physical


@pytest.mark.parametrize("known", [info(0x4000_0000, 48, 48), info(0x4000_0000, 52, 52), {"NUMBER(phys_base)": "0"}])
def test_other_dumps_need_no_option(known: dict[str, str]) -> None:
    assert dump_options.phys_offset(known) is None


def dump(folder: Path, source: str) -> Path:
    """A folder with a vmlinux that was compiled from ``source``."""
    (folder / "truth").mkdir()
    (folder / "truth/meta.json").write_text(json.dumps({"vmcoreinfo": info(OFFSETS[0], 52, 48)}))
    (folder / "vmlinux.c").write_text(source)
    subprocess.run(["gcc", "-c", "-o", "vmlinux", "vmlinux.c"], cwd=folder, check=True)
    return folder


def test_kernels_without_the_variable_need_the_option(tmp_path: Path) -> None:
    assert dump_options.needed_options(dump(tmp_path, "long other;")) == ("-m", "phys_offset=0xffffa9ac80000000")


def test_kernels_with_the_variable_need_no_option(tmp_path: Path) -> None:
    assert dump_options.needed_options(dump(tmp_path, "long vabits_actual;")) == ()
