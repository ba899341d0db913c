# SPDX-License-Identifier: GPL-3.0-or-later
"""Flattened dumps are reassembled and their headers repaired. The dumps are made by hand, without QEMU."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpykbuild.base.errors import BuildError
from mpykbuild.vmcore import kdump
from mpykbuild.vmcore.architectures import ARM64

UTSNAME = kdump.Utsname("Linux", "node", "6.12.1-test", "#1 SMP", "x86_64", "(none)")
INFO = b"OSRELEASE=6.12.1-test\nNUMBER(phys_base)=-16777216\nKERNELOFFSET=1a00000\n"


def flatten(records: list[tuple[int, bytes]], end: bool = True) -> bytes:
    body = b"".join(struct.pack(">qq", offset, len(data)) + data for offset, data in records)
    header = (b"makedumpfile\0\0\0\0" + struct.pack(">qq", 1, 1)).ljust(4096, b"\0")
    return header + body + (struct.pack(">qq", -1, -1) if end else b"")


def kdump_header(info: bytes = INFO, phys_base: int = 0x1234) -> bytes:
    """Return the first two blocks of a kdump file as QEMU writes them, and behind them the vmcoreinfo text."""
    header = bytearray(4096)
    header[:12] = b"KDUMP   " + struct.pack("<i", 6)
    struct.pack_into("<i", header, 428, 4096)
    sub = struct.pack("<QiiQQQQ", phys_base, 0, 0, 0, 0, 8192 if info else 0, len(info))
    return bytes(header) + sub.ljust(4096, b"\0") + info


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "vmcore"
    path.write_bytes(kdump_header())
    return path


def reassembled(tmp_path: Path, data: bytes) -> bytes:
    (tmp_path / "flat").write_bytes(data)
    kdump.reassemble(tmp_path / "flat", tmp_path / "out")
    return (tmp_path / "out").read_bytes()


def test_records_go_to_their_offsets(tmp_path: Path) -> None:
    assert reassembled(tmp_path, flatten([(6, b"def"), (0, b"abc"), (2, b"X")])) == b"abX\0\0\0def"


def test_zeros_at_the_end_are_kept(tmp_path: Path) -> None:
    assert reassembled(tmp_path, flatten([(0, b"a"), (1, bytes(1 << 20))])) == b"a" + bytes(1 << 20)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=20), st.randoms())
def test_the_order_of_the_records_does_not_matter(tmp_path_factory: pytest.TempPathFactory, pieces, random) -> None:  # type: ignore[no-untyped-def]
    records, offset = [], 0
    for piece in pieces:
        records.append((offset, piece))
        offset += len(piece)
    random.shuffle(records)
    assert reassembled(tmp_path_factory.mktemp("flat"), flatten(records)) == b"".join(pieces)


def test_zeros_overwrite_what_an_earlier_record_wrote(tmp_path: Path) -> None:
    assert reassembled(tmp_path, flatten([(0, b"abc"), (1, b"\0")])) == b"a\0c"


@pytest.mark.parametrize(
    "data",
    [
        flatten([(0, b"abc")], end=False),
        flatten([(0, b"abc")])[:-20],
        flatten([])[:100],
        flatten([(0, b"")], end=False) + struct.pack(">qq", 0, 1 << 60),
        flatten([], end=False) + struct.pack(">qq", -5, 3) + b"abc",
        b"KDUMP   " + bytes(8000),
        b"",
    ],
    ids=["no end", "cut record", "cut header", "lying size", "negative offset", "not flattened", "empty"],
)
def test_broken_input_is_a_build_error(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BuildError, match=r"The dump .*flat "):
        reassembled(tmp_path, data)


def test_repair_writes_utsname_and_phys_base(dump: Path) -> None:
    kdump.repair_header(dump, UTSNAME)
    data = dump.read_bytes()
    names = [data[12 + 65 * i : 12 + 65 * (i + 1)].rstrip(b"\0").decode() for i in range(6)]
    assert names == ["Linux", "node", "6.12.1-test", "#1 SMP", "x86_64", "(none)"]
    assert struct.unpack_from("<q", data, 4096) == (-16777216,)
    assert data[402:4096] == kdump_header()[402:4096]
    assert data[4104:] == kdump_header()[4104:]


def test_repair_on_arm64(tmp_path: Path) -> None:
    names = kdump.Utsname("Linux", "node", "6.12.1-test", "#1 SMP", "aarch64", "(none)")
    info = b"OSRELEASE=6.12.1-test\nNUMBER(PHYS_OFFSET)=0xfff0c5dfc0000000\nNUMBER(VA_BITS)=52\n"
    dump = tmp_path / "vmcore"
    dump.write_bytes(kdump_header(info))
    with pytest.raises(BuildError, match=r"one without NUMBER\(phys_base\)"):
        kdump.repair_header(dump, names)
    kdump.repair_header(dump, names, ARM64)
    assert struct.unpack_from("<Q", dump.read_bytes(), 4096) == (0xFFF0C5DFC0000000,)


def test_long_names_stay_inside_their_field() -> None:
    packed = kdump.Utsname("L" * 100, "n", "r", "v", "m", "d").packed()
    assert len(packed) == 6 * 65
    assert packed[64:66] == b"\0n"


def test_vmcoreinfo_is_read(dump: Path) -> None:
    assert kdump.vmcoreinfo(dump)["KERNELOFFSET"] == "1a00000"


def test_a_dump_without_vmcoreinfo_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vmcore").write_bytes(kdump_header(b""))
    with pytest.raises(BuildError, match="no vmcoreinfo note") as caught:
        kdump.repair_header(tmp_path / "vmcore", UTSNAME)
    assert "qemu_fw_cfg" in caught.value.next_step


def test_a_dump_of_another_kernel_is_refused(dump: Path) -> None:
    other = kdump.Utsname("Linux", "node", "6.1.0", "#1 SMP", "x86_64", "(none)")
    before = dump.read_bytes()
    with pytest.raises(BuildError, match=r"is of kernel 6\.12\.1-test, but the guest reported kernel 6\.1\.0"):
        kdump.repair_header(dump, other)
    assert dump.read_bytes() == before


def test_a_file_that_is_not_a_kdump_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vmcore").write_bytes(b"\x7fELF".ljust(8192, b"\0"))
    with pytest.raises(BuildError, match="not a kdump-compressed file"):
        kdump.vmcoreinfo(tmp_path / "vmcore")
