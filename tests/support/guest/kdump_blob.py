# SPDX-License-Identifier: GPL-3.0-or-later
"""Small kdump-compressed files, made by hand."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

PAGE = 4096


def write_dump(path: Path, pages: Mapping[int, bytes], info: Mapping[str, object]) -> Path:
    """Write a dump of ``pages`` (frame number to content) with the vmcoreinfo ``info``."""
    note = "".join(f"{name}={value}\n" for name, value in info.items()).encode()
    frames = sorted(pages)
    header = bytearray(PAGE)
    header[:12] = b"KDUMP   " + struct.pack("<i", 6)
    struct.pack_into("<iiiI", header, 428, PAGE, 1, 2, max(frames) + 1)
    sub = bytearray(PAGE)
    struct.pack_into("<QiiQQQQ", sub, 0, 0, 1, 0, 0, 0, PAGE + 200, len(note))
    sub[200 : 200 + len(note)] = note
    bitmap = sum(1 << frame for frame in frames).to_bytes(PAGE, "little")
    place, rows, data = 4 * PAGE + 24 * len(frames), b"", b""
    for frame in frames:
        packed = zlib.compress(pages[frame])
        rows += struct.pack("<QIIQ", place + len(data), len(packed), 1, 0)
        data += packed
    path.write_bytes(bytes(header) + sub + bitmap * 2 + rows + data)
    return path
