# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of sysctl variables on a made-up kernel: the kinds that the dump does not have."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import caches  # noqa: E402
from pykdump.linux import sysctl  # noqa: E402

TABLE, DATA, BITS = 0x1000, 0x2000, 0x3000


def value_of(monkeypatch: pytest.MonkeyPatch, handler: str, data: bytes, length: int | None = None) -> object:
    kernel = fake_crash.install()
    caches.purge_memoize_cache(caches.CU_LIVE)  # HZ of the kernel before
    monkeypatch.setattr(sysctl, "addr2sym", lambda address: handler)
    kernel.define("struct ctl_table", proc_handler="u64", data="u64", maxlen="s32")
    kernel.write(DATA, data)
    kernel.write(BITS, (0b1110_0001).to_bytes(8, "little") + (1 << 63).to_bytes(8, "little"))
    size = len(data) if length is None else length
    return sysctl.getCtlData(kernel.make("struct ctl_table", TABLE, data=DATA, maxlen=size))


def number(value: int, size: int = 4) -> bytes:
    return value.to_bytes(size, "little", signed=value < 0)


@pytest.mark.parametrize(
    ("handler", "data", "value"),
    [
        ("proc_dointvec", number(-1), -1),
        ("proc_douintvec_minmax", number(0xFFFFFFFF), 0xFFFFFFFF),
        ("proc_dointvec", number(1) + number(2), [1, 2]),
        ("proc_dointvec", b"".join(map(number, range(7))), [0, 1, 2, 3, 4, "... 2 more elements"]),
        ("proc_doulongvec_minmax", number(1 << 40, 8), 1 << 40),
        ("proc_nr_files", number(5, 8), 5),
        ("proc_dou8vec_minmax", b"\x07", 7),
        ("proc_dobool", b"\x01", 1),
        ("proc_dobool", b"\x01\x02\x03\x04", 1),  # before v6.3 its maxlen was that of an int
        # 250 ticks in a second
        ("proc_dointvec_jiffies", number(500), 2),
        ("proc_dointvec_ms_jiffies", number(500), 2000),
        ("proc_dointvec_userhz_jiffies", number(500), 200),
        ("sched_of_some_driver", number(3), 3),
        ("sched_of_some_driver", number(3) * 2, "(?)"),
        ("proc_dointvec", b"\1\2\3", "(?)"),
        ("proc_dointvec", b"", "(?)"),
        ("proc_dostring", b"text\0rest", "text\0rest"),  # the made-up SmartString does not end at NUL
    ],
)
def test_kinds_of_values(monkeypatch: pytest.MonkeyPatch, handler: str, data: bytes, value: object) -> None:
    monkeypatch.setattr(sysctl, "SmartString", lambda raw, *where: raw.decode())
    assert value_of(monkeypatch, handler, data) == value


def test_a_uuid(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = bytes(range(16))
    assert value_of(monkeypatch, "proc_do_uuid", raw, 0) == "00010203-0405-0607-0809-0a0b0c0d0e0f"


def test_a_bitmap(monkeypatch: pytest.MonkeyPatch) -> None:
    assert value_of(monkeypatch, "proc_do_large_bitmap", number(BITS, 8), 128) == "0,5-7,127"
    assert value_of(monkeypatch, "proc_do_large_bitmap", number(0, 8), 128) == ""
