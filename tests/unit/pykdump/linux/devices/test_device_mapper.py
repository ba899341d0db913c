# SPDX-License-Identifier: GPL-3.0-or-later
"""Views of the device mapper in made-up memory."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.devices import device_mapper  # noqa: E402

DISK, DEVICE, CELL, TABLE, TARGETS = 0x1000, 0x2000, 0x3000, 0x4000, 0x5000


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> fake_crash.Kernel:
    kernel = fake_crash.install()
    kernel.define("struct gendisk", private_data="ptr")
    kernel.define("atomic_t", counter="s32")
    kernel.define("struct mapped_device", map="ptr", flags="u64", open_count="atomic_t", interface_ptr="ptr")
    kernel.define("struct hash_cell", name="ptr", uuid="ptr")
    kernel.define("struct target_type", name="char[8]")
    kernel.define("struct dm_target", type="ptr struct target_type", begin="u64", len="u64", private="ptr")
    kernel.define("struct dm_table", num_targets="u32", targets="ptr")
    kernel.define("struct linear_c", dev="ptr", start="u64")
    kernel.make("struct gendisk", DISK, private_data=DEVICE)
    return kernel


def test_a_device_without_a_name_and_a_table(kernel: fake_crash.Kernel) -> None:
    kernel.make("struct mapped_device", DEVICE, flags=0b101, open_count_DOT_counter=3)
    found = device_mapper.MappedDevice(kernel.view("struct gendisk", DISK))  # type: ignore[arg-type]
    assert (found.address, found.name, found.uuid, found.table) == (DEVICE, None, None, None)
    assert (found.suspended, found.open_count) == (False, 3)


def test_a_suspended_device(kernel: fake_crash.Kernel) -> None:
    kernel.make("struct mapped_device", DEVICE, flags=2, interface_ptr=CELL, map=TABLE)
    kernel.make("struct hash_cell", CELL, name=77)
    kernel.make("struct dm_table", TABLE)
    found = device_mapper.MappedDevice(kernel.view("struct gendisk", DISK))  # type: ignore[arg-type]
    assert (found.name, found.uuid, found.suspended, found.table) == ("77", None, True, TABLE)


def test_targets(kernel: fake_crash.Kernel) -> None:
    table = kernel.make("struct dm_table", TABLE, num_targets=2, targets=TARGETS)
    size = kernel.sizes["struct dm_target"]
    kernel.make("struct target_type", 0x6000, name="linear")
    kernel.make("struct target_type", 0x6100, name="error")
    kernel.make("struct linear_c", 0x7000, dev=0x8000, start=4096)
    kernel.make("struct dm_target", TARGETS, type=0x6000, begin=0, len=2048, private=0x7000)
    kernel.make("struct dm_target", TARGETS + size, type=0x6100, begin=2048, len=8)
    first, second = device_mapper.targets(table)  # type: ignore[arg-type]
    assert (first.type, first.begin, first.length, first.linear) == ("linear", 0, 2048, (0x8000, 4096))
    assert (second.address, second.type, second.begin, second.linear) == (TARGETS + size, "error", 2048, None)
    empty = kernel.make("struct dm_table", TABLE)
    assert device_mapper.targets(empty) == []  # type: ignore[arg-type]


def test_only_disks_of_the_device_mapper(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_mapper.block, "get_gendisks", lambda: ["vda", "dm-0", "dm-12"])
    monkeypatch.setattr(device_mapper.block, "disk_name", str)
    assert list(device_mapper.mapped_disks()) == ["dm-0", "dm-12"]
