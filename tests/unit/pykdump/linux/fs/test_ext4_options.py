# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of ext4 from a made-up table of options."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.fs import ext4_options  # noqa: E402

HZ = 250
# (bits, whether they are set, whether in s_mount_opt2, name), as fs/ext4/super.c has them
TABLE = [(0x4000000, True, False, "acl"), (0x20000, True, False, "barrier"), (0x20000, False, False, "nobarrier"),
         (0x40000000, True, False, "discard"), (0x40, True, True, "second")]  # fmt: skip


class Struct(SimpleNamespace):
    def __int__(self) -> int:
        return id(self)

    def hasField(self, name: str) -> bool:
        return hasattr(self, name)


def info(**changed: Any) -> Struct:
    values = {
        "s_sb_block": 1, "s_mount_opt": 0x20000, "s_def_mount_opt": 0x20000, "s_mount_opt2": 0,
        "s_def_mount_opt2": 0, "s_es": Struct(s_def_resuid=0, s_def_resgid=0, s_errors=1), "s_resuid": Struct(val=0),
        "s_resgid": Struct(val=0), "s_commit_interval": 5 * HZ, "s_min_batch_time": 0, "s_max_batch_time": 15000,
        "s_stripe": 0, "s_inode_readahead_blks": 32, "s_li_wait_mult": 10, "s_max_dir_size_kb": 0,
    }  # fmt: skip
    return Struct(**{**values, **changed})


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(ext4_options, "_table", lambda: TABLE)

    def show(**changed: Any) -> list[str]:
        made = info(**changed)
        monkeypatch.setattr(ext4_options, "readSU", lambda name, address: made)
        return list(ext4_options.ext4(Struct(s_fs_info=made), None))  # type: ignore[arg-type]

    return show


def test_defaults_are_not_shown(shown: Any) -> None:
    assert shown() == []


def test_options_that_are_not_the_defaults(shown: Any) -> None:
    assert shown(s_mount_opt=0x40000000) == ["nobarrier", "discard"]
    assert shown(s_mount_opt2=0x40) == ["second"]
    assert shown(s_mount_opt=0x20000 | 0x20) == ["errors=remount-ro"]
    assert shown(s_mount_opt=0x20000 | 0x10) == []  # it is what the super block says
    assert shown(s_commit_interval=30 * HZ, s_stripe=16) == ["commit=30", "stripe=16"]
    assert shown(s_mount_opt=0x20000 | 0xC00) == ["data=writeback"]
    assert shown(s_sb_block=8, s_resuid=Struct(val=7)) == ["sb=8", "resuid=7"]
    assert shown(s_inode_readahead_blks=64, s_max_dir_size_kb=9) == ["inode_readahead_blks=64", "max_dir_size_kb=9"]


def test_the_super_block_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing(Struct):
        def __getattr__(self, name: str) -> int:
            raise fake_crash.CrashError("the page was excluded from the dump")

    made = info(s_es=Missing(), s_mount_opt=0x20, s_stripe=16)
    monkeypatch.setattr(ext4_options, "_table", lambda: TABLE)
    monkeypatch.setattr(ext4_options, "readSU", lambda name, address: made)
    found: list[str] = []
    with pytest.raises(fake_crash.CrashError, match="excluded"):
        found.extend(ext4_options.ext4(Struct(s_fs_info=made), None))  # type: ignore[arg-type]
    assert found == ["nobarrier", "stripe=16"]


def test_names_of_old_and_new_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    specs = [Struct(name="acl", type=0, opt=3), Struct(name="data", type=1, opt=4), Struct(name="", type=0, opt=5)]
    monkeypatch.setattr(ext4_options, "readSUArray", lambda name, start: iter(specs))
    assert ext4_options._names() == {3: "acl"}
    tokens = [Struct(token=1, pattern="bsddf"), Struct(token=2, pattern="data=%s"), Struct(token=0, pattern="")]
    monkeypatch.setattr(ext4_options, "sym2alladdr", lambda name: [1, 2])
    monkeypatch.setattr(ext4_options, "readSU", lambda name, address: tokens[0] if address == 2 else specs[2])
    monkeypatch.setattr(specs[2], "pattern", "other", raising=False)
    monkeypatch.setattr(ext4_options, "readSUArray", lambda name, start: iter(tokens))
    assert ext4_options._old_names() == {1: "bsddf"}


@pytest.mark.parametrize(("modern", "skip", "second"), [(True, 0x80, 0x100), (False, 0x800, 0x1000)])
def test_the_table_of_the_kernel(modern: bool, skip: int, second: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        Struct(token=1, mount_opt=8, flags=1), Struct(token=2, mount_opt=16, flags=2 | second),
        Struct(token=3, mount_opt=32, flags=1 | skip), Struct(token=4, mount_opt=0, flags=0), Struct(),
    ]  # fmt: skip
    last = int(rows[-1])
    monkeypatch.setattr(ext4_options, "symbol_exists", lambda name: modern)
    monkeypatch.setattr(ext4_options, "_names", lambda: {1: "one", 2: "two", 3: "three", 4: "four"})
    monkeypatch.setattr(ext4_options, "_old_names", lambda: {1: "one", 2: "two", 3: "three", 4: "four"})
    monkeypatch.setattr(ext4_options, "readSUArray", lambda name, start: iter(rows))
    monkeypatch.setattr(ext4_options, "addr2sym", lambda a, loose: ("x" if a == last else "ext4_mount_opts", 0))
    assert ext4_options._table.__wrapped__() == [(8, True, False, "one"), (16, False, True, "two")]  # type: ignore[attr-defined]
