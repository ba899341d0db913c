# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of kernel objects."""

from __future__ import annotations

from support import fake_crash

fake_crash.install()

from pykdump.linux import kobjects  # noqa: E402

DEVICE, OTHER, KOBJECT = 0x1000, 0x2000, 0x3000


def test_the_name_of_a_device() -> None:
    kernel = fake_crash.install()
    kernel.define("struct kobject", name="char[16]")
    kernel.define("struct device", kobj="struct kobject", init_name="char[16]")
    device = kernel.make("struct device", DEVICE, kobj_DOT_name="sda")
    assert kobjects.dev_name(device) == "sda"
    assert kobjects.dev_name(kernel.make("struct device", OTHER, kobj_DOT_name="sdb", init_name="early")) == "early"
    assert kobjects.kobj_name(kernel.make("struct kobject", KOBJECT)) == ""


def test_a_klist() -> None:
    kernel = fake_crash.install()
    kernel.define("struct list_head", next="ptr", prev="ptr")
    kernel.define("struct klist", k_lock="u64", k_list="struct list_head")
    kernel.define("struct klist_node", n_klist="ptr", n_node="struct list_head")
    klist = kernel.make("struct klist", 0x1000)
    for address in (0x2000, 0x3000):
        kernel.make("struct klist_node", address)
    kernel.link([0x1008, 0x2008, 0x3008])
    assert [int(node) for node in kobjects.klistAll(klist)] == [0x2000, 0x3000]
