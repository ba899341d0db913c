# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that crash needs to open a dump that it would misread without them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from elftools.elf.elffile import ELFFile

# The variable that shows crash a kernel's smaller address space; since v6.9 (arch/arm64/include/asm/memory.h) it is
# no variable any more.
TOLD_BY = b"\0vabits_actual\0"


def needed_options(folder: Path) -> tuple[str, ...]:
    """Return crash's options for the test vmcore in ``folder``: most dumps need none."""
    info = json.loads((folder / "truth/meta.json").read_text(encoding="utf-8"))["vmcoreinfo"]
    offset = phys_offset(info)
    if offset is None or _has_variable(folder / "vmlinux"):
        return ()
    return ("-m", f"phys_offset={offset:#x}")


def phys_offset(info: Mapping[str, str]) -> int | None:
    """Return where crash must take the memory to begin; None when what vmcoreinfo says will do.

    An arm64 kernel for 52 bits keeps the linear map of such addresses on a processor with 48, and counts PHYS_OFFSET
    from its beginning. crash (9.0.2) computes with the linear map of 48 bits.
    """
    try:
        wide, narrow = int(info["NUMBER(VA_BITS)"]), 64 - int(info["NUMBER(TCR_EL1_T1SZ)"], 16)
        said = int(info["NUMBER(PHYS_OFFSET)"], 16)
    except KeyError:
        return None
    return None if wide <= narrow else (said + (1 << wide) - (1 << narrow)) % (1 << 64)


def _has_variable(vmlinux: Path) -> bool:
    with vmlinux.open("rb") as stream:
        names = ELFFile(stream).get_section_by_name(".strtab")
        return names is not None and TOLD_BY in names.data()
