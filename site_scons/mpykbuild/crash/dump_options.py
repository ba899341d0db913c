# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that crash needs to open a dump that it would misread without them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from elftools.elf.elffile import ELFFile

# The name of a kernel variable, as it is in .strtab. From this variable crash learns that the address space is smaller.
# Since v6.9 (arch/arm64/include/asm/memory.h) the kernel has no such variable.
VARIABLE_IN_STRTAB = b"\0vabits_actual\0"


def needed_options(folder: Path) -> tuple[str, ...]:
    """Return the options that crash needs for the test vmcore in ``folder``. Most dumps need none."""
    info = json.loads((folder / "truth/meta.json").read_text(encoding="utf-8"))["vmcoreinfo"]
    offset = phys_offset(info)
    if offset is None or _has_variable(folder / "vmlinux"):
        return ()
    return ("-m", f"phys_offset={offset:#x}")


def phys_offset(info: Mapping[str, str]) -> int | None:
    """Return the physical address for crash's ``phys_offset``; None if the value in vmcoreinfo is right.

    An arm64 kernel for 52-bit addresses keeps the linear map of 52 bits on a processor with 48 bits. PHYS_OFFSET is the
    physical address at the start of that map. crash (9.0.2) uses the start of the linear map of 48 bits instead.
    """
    try:
        wide, narrow = int(info["NUMBER(VA_BITS)"]), 64 - int(info["NUMBER(TCR_EL1_T1SZ)"], 16)
        given = int(info["NUMBER(PHYS_OFFSET)"], 16)
    except KeyError:
        return None
    return None if wide <= narrow else (given + (1 << wide) - (1 << narrow)) % (1 << 64)


def _has_variable(vmlinux: Path) -> bool:
    """Return whether the kernel has the variable that crash reads."""
    with vmlinux.open("rb") as stream:
        names = ELFFile(stream).get_section_by_name(".strtab")
        return names is not None and VARIABLE_IN_STRTAB in names.data()
