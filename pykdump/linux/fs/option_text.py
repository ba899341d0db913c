# SPDX-License-Identifier: GPL-3.0-or-later
"""What readers of options of file systems share: the kernel's escapes, and its tables of words."""

from __future__ import annotations

import re
from functools import cache

from crash import sym2addr

from pykdump.c_integers import PTR_SIZE
from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.lists import readSUArray

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def escaped(text: str, characters: str = " \t\n\\") -> str:
    """Return a text as the kernel prints it in /proc/mounts: ``characters`` become octal escapes."""
    return text.translate(_escapes(characters)) if _has_one_of(characters)(text) else text


@cache
def _has_one_of(characters: str) -> Callable[[str], object]:
    """Return the search for ``characters``: str.translate() takes much longer, and few texts have one."""
    return re.compile(f"[{re.escape(characters)}]").search


@cache
def _escapes(characters: str) -> dict[int, str]:
    return {ord(c): f"\\{ord(c):03o}" for c in characters}


def option(name: str, value: object) -> str:
    """Return "name=value" with the escapes of the kernel's seq_show_option()."""
    return f"{name}={escaped(str(value), ',= ' + chr(9) + chr(10) + chr(92))}"


@memoize_cond(CU_LIVE)
def constants(symbol: str) -> dict[int, str]:
    """Return {value: name} of a kernel's ``struct constant_table symbol[]``, which ends with an empty row."""
    start = sym2addr(symbol)
    found: dict[int, str] = {}
    if start:
        for row in readSUArray("struct constant_table", start):
            if not row.name or len(found) > PTR_SIZE * 8:
                break
            found.setdefault(int(row.value), str(row.name))
    return found
