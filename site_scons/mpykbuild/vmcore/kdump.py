# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert QEMU's dump into a vmcore that all tools can open: reassemble the flattened kdump file, repair its header.

QEMU's ``dump-guest-memory`` writes makedumpfile's *flattened* form: a list of records, each with an offset and the
bytes for that offset. Its header has two errors: utsname is empty, and (on x86) ``phys_base`` is wrong, because QEMU
reads vmcoreinfo's decimal number as a hexadecimal one. We write both again, from the guest's utsname and vmcoreinfo.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mpykbuild.base.errors import BuildError
from mpykbuild.vmcore.architectures import X86_64, Architecture

FLAT_SIGNATURE = b"makedumpfile\0\0\0\0"
FLAT_HEADER_SIZE = 4096
FLAT_RECORD = struct.Struct(">qq")
FLAT_END = (-1, -1)

KDUMP_SIGNATURE = b"KDUMP   "
# struct disk_dump_header: signature, header_version, then struct new_utsname, at 408 the timeval, at 428 block_size.
UTSNAME_OFFSET = 12
UTSNAME_FIELD = 65
BLOCK_SIZE_OFFSET = 428
# struct kdump_sub_header, from its start: phys_base, ... offset_vmcoreinfo, size_vmcoreinfo (six 8-byte words).
SUB_HEADER = struct.Struct("<QiiQQQQ")
CHUNK = 1 << 20


@dataclass(frozen=True)
class Utsname:
    """The six fields of ``struct new_utsname`` in the kernel's order."""

    sysname: str
    nodename: str
    release: str
    version: str
    machine: str
    domainname: str

    def packed(self) -> bytes:
        """Return the fields as a dump header has them: 65 bytes each, filled up with NULs."""
        fields = (self.sysname, self.nodename, self.release, self.version, self.machine, self.domainname)
        return b"".join(field.encode()[: UTSNAME_FIELD - 1].ljust(UTSNAME_FIELD, b"\0") for field in fields)


def _read_exactly(stream: BinaryIO, size: int, path: Path) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise BuildError(
            f"The dump {path} ends in the middle of a record (after {len(data)} of {size} bytes).",
            "check whether the disk is full, and make the dump again.",
        )
    return data


def is_flattened(path: Path) -> bool:
    """Return whether the file begins with the signature of makedumpfile's flattened form."""
    with path.open("rb") as stream:
        return stream.read(len(FLAT_SIGNATURE)) == FLAT_SIGNATURE


def reassemble(flat: Path, out: Path) -> None:
    """Write the ordinary dump ``out`` from the flattened file ``flat``. Blocks of zeros become holes in the file.

    Raises BuildError if ``flat`` is broken.
    """
    with flat.open("rb") as source, out.open("wb") as target:
        header = _read_exactly(source, FLAT_HEADER_SIZE, flat)
        if not header.startswith(FLAT_SIGNATURE):
            raise BuildError(f"The dump {flat} is not in the flattened form that QEMU writes.")
        end = 0
        while (record := FLAT_RECORD.unpack(_read_exactly(source, FLAT_RECORD.size, flat))) != FLAT_END:
            offset, size = record
            if offset < 0 or size < 0:
                raise BuildError(f"The dump {flat} has a record with offset {offset} and size {size}.")
            _copy_record(source, target, offset, size, end, flat)
            end = max(end, offset + size)
        target.truncate(end)


def _copy_record(source: BinaryIO, target: BinaryIO, offset: int, size: int, end: int, flat: Path) -> None:
    """Copy one record in pieces, so that a wrong size cannot make us allocate too much memory.

    Behind ``end`` the file has no content yet, so zeros need not be written there.
    """
    while size:
        piece = _read_exactly(source, min(size, CHUNK), flat)
        if offset < end or piece.count(0) != len(piece):
            target.seek(offset)
            target.write(piece)
        offset += len(piece)
        size -= len(piece)


def vmcoreinfo(path: Path) -> dict[str, str]:
    """Return the vmcoreinfo note of a kdump file as a dict. The dict is empty if the dump has no such note."""
    with path.open("rb") as stream:
        _, fields = _sub_header(stream, path)
        offset, size = fields[5], fields[6]
        if not offset or not size:
            return {}
        stream.seek(offset)
        text = _read_exactly(stream, size, path).rstrip(b"\0").decode("ascii", "replace")
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def _sub_header(stream: BinaryIO, path: Path) -> tuple[int, tuple[int, ...]]:
    """Return the offset of the kdump sub-header and its first fields. Raises BuildError if it is not a kdump file."""
    stream.seek(0)
    header = _read_exactly(stream, BLOCK_SIZE_OFFSET + 4, path)
    if not header.startswith(KDUMP_SIGNATURE):
        raise BuildError(f"The dump {path} is not a kdump-compressed file.")
    (offset,) = struct.unpack_from("<i", header, BLOCK_SIZE_OFFSET)
    stream.seek(offset)
    return offset, SUB_HEADER.unpack(_read_exactly(stream, SUB_HEADER.size, path))


def repair_header(path: Path, utsname: Utsname, architecture: Architecture = X86_64) -> None:
    """Write utsname and the correct ``phys_base`` into the header of the kdump file ``path``.

    Raises BuildError if the dump has no usable vmcoreinfo, or if it is of another kernel than ``utsname``.
    """
    info = vmcoreinfo(path)
    if architecture.phys_base not in info:
        raise BuildError(
            f"The dump {path} has no vmcoreinfo note, or one without "
            f"{architecture.phys_base}: the guest did not pass it to QEMU.",
            "check in the serial log whether the guest could load qemu_fw_cfg.",
        )
    if info.get("OSRELEASE") != utsname.release:
        raise BuildError(
            f"The dump {path} is of kernel {info.get('OSRELEASE')}, but the guest reported kernel {utsname.release}."
        )
    phys_base = int(info[architecture.phys_base], architecture.phys_base_radix) & (1 << 64) - 1
    with path.open("r+b") as stream:
        offset, _ = _sub_header(stream, path)
        stream.seek(offset)
        stream.write(struct.pack("<Q", phys_base))
        stream.seek(UTSNAME_OFFSET)
        stream.write(utsname.packed())
