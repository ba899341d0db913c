# SPDX-License-Identifier: GPL-3.0-or-later
"""Write a ZIP. Its bytes depend on the names and contents alone.

The module zipfile is not used: the other fields that it writes differ between releases of Python, and the release of
the machine that builds must not change the result.
"""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Mapping

from mpykbuild.base.errors import BuildError

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
VERSION = 20
MADE_ON_UNIX = 3 << 8 | VERSION
STORED, DEFLATED = 0, 8
# 1980-01-01 00:00:00, the earliest date that a ZIP can hold.
DOS_TIME, DOS_DATE = 0, 1 << 5 | 1
MODE = 0o100644 << 16
MOST_ENTRIES, MOST_BYTES = 0xFFFF, 0xFFFFFFFF


def pack_zip(entries: Mapping[str, bytes], deflated: Mapping[str, bytes]) -> bytes:
    """Return the archive of ``entries`` (name to content), sorted by name.

    ``deflated`` maps the names of the entries that are compressed to their raw deflate streams.
    Raises BuildError when a name is not ASCII or when the archive would be too large.
    """
    local, central = bytearray(), bytearray()
    for name in sorted(entries):
        content, encoded = entries[name], _encoded(name)
        packed, method = (deflated[name], DEFLATED) if name in deflated else (content, STORED)
        facts = (method, DOS_TIME, DOS_DATE, crc32(content), len(packed), len(content), len(encoded), 0)
        central += _CENTRAL.pack(b"PK\x01\x02", MADE_ON_UNIX, VERSION, 0, *facts, 0, 0, 0, MODE, len(local)) + encoded
        local += _LOCAL.pack(b"PK\x03\x04", VERSION, 0, *facts) + encoded + packed
    if len(entries) > MOST_ENTRIES or len(local) + len(central) > MOST_BYTES:
        raise BuildError("The bundle is too large for a ZIP without ZIP64.", "list fewer files in stdlib.lst.")
    end = _END.pack(b"PK\x05\x06", 0, 0, len(entries), len(entries), len(central), len(local), 0)
    return bytes(local + central + end)


def _encoded(name: str) -> bytes:
    try:
        return name.encode("ascii")
    except UnicodeEncodeError as error:
        raise BuildError(f"The name {name!r} in the bundle is not ASCII.", "rename the file.") from error
