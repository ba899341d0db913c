# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules of a made-up kernel, in the layout of v6.12 and in that of v6.1."""

from __future__ import annotations

import struct
from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux import modules  # noqa: E402

HEAD, FIRST, SECOND, TABLE, NAMES, KINDS, USES = 0x100, 0x1000, 0x2000, 0x3000, 0x4000, 0x6000, 0x7000


def layout(kernel: fake_crash.Kernel, new: bool) -> None:
    kernel.define("struct list_head", next="ptr", prev="ptr")
    kernel.define("atomic_t", counter="s32")
    kernel.define("struct module_layout", base="ptr", size="u32")
    kernel.define("struct mod_kallsyms", symtab="ptr", num_symtab="u32", strtab="ptr", typetab="ptr")
    memory = {"mem": "struct module_layout"} if new else {
        "core_layout": "struct module_layout", "init_layout": "struct module_layout"
    }  # fmt: skip
    kernel.define(
        modules.MODULE, state="u32", list="struct list_head", name="char[56]", init="ptr", exit="ptr", taints="u64",
        refcnt="atomic_t", source_list="struct list_head", target_list="struct list_head",
        kallsyms="ptr struct mod_kallsyms", **memory,
    )  # fmt: skip
    kernel.define(
        "struct module_use", source_list="struct list_head", target_list="struct list_head",
        source=f"ptr {modules.MODULE}", target=f"ptr {modules.MODULE}",
    )  # fmt: skip


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> fake_crash.Kernel:
    made = fake_crash.install()
    layout(made, new=False)
    made.symbols["modules"] = HEAD
    made.make(
        modules.MODULE, FIRST, name="first", taints=0x3000, refcnt_DOT_counter=1, init=1, core_layout_DOT_base=0x10000,
        core_layout_DOT_size=0x3000, kallsyms=TABLE,
    )  # fmt: skip
    made.make(
        modules.MODULE, SECOND, name="the-second", refcnt_DOT_counter=3, state=2, init=1, exit=1,
        core_layout_DOT_base=0x20000, core_layout_DOT_size=0x1000, init_layout_DOT_base=0x13000,
        init_layout_DOT_size=0x1000,
    )  # fmt: skip
    offset = made.find(modules.MODULE, "list")[0]
    made.link([HEAD, FIRST + offset, SECOND + offset])
    made.make("struct module_use", USES, source=FIRST, target=SECOND)
    use = USES + made.find("struct module_use", "source_list")[0]
    made.link([SECOND + made.find(modules.MODULE, "source_list")[0], use])
    made.link([FIRST + made.find(modules.MODULE, "source_list")[0]])
    target = USES + made.find("struct module_use", "target_list")[0]
    made.link([FIRST + made.find(modules.MODULE, "target_list")[0], target])
    monkeypatch.setattr(modules, "taint_letters", lambda: tuple("PFSRMBUDAWCIOELKXTN"))
    return made


def test_the_fields_of_proc_modules(kernel: fake_crash.Kernel) -> None:
    first, second = modules.modules()
    rows = [
        (str(m.name), modules.total_size(m), modules.references(m), modules.used_by(m), modules.state(m),
         modules.base(m), modules.taint_of(m), modules.is_permanent(m))
        for m in (first, second)
    ]  # fmt: skip
    assert rows == [
        ("first", 0x3000, 0, [], "Live", 0x10000, "OE", True),
        ("the-second", 0x2000, 2, ["first"], "Unloading", 0x20000, "", False),
    ]
    assert modules.uses(first) == ["the-second"]


def test_a_module_by_its_name(kernel: fake_crash.Kernel) -> None:
    assert int(modules.find_module("the_second")) == SECOND
    with pytest.raises(LookupError, match="no module is named third"):
        modules.find_module("third")


def test_memory_since_v6_4(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modules, "member_offset", lambda suname, member: 0 if member == "mem" else -1)
    monkeypatch.setattr(modules, "enum_values", lambda name: {"MOD_TEXT": 0, "MOD_RO_AFTER_INIT": 1, "MOD_INVALID": -1})
    memory = [SimpleNamespace(base=0x1000, size=64), SimpleNamespace(base=0, size=0)]
    module: Any = SimpleNamespace(mem=memory)
    assert [(r.kind, r.start, r.end) for r in modules.regions(module)] == [("text", 0x1000, 0x1040)]
    assert modules.base(module) == 0x1000


def test_gaps_between_modules(kernel: fake_crash.Kernel) -> None:
    ((before, after),) = modules.gaps()
    assert (before.kind, before.end, after.kind, after.start) == (
        "the-second init",
        0x14000,
        "the-second core",
        0x20000,
    )
    kernel.write(0x15000, b"x")
    kernel.write(0x16000, b"x")
    assert modules.mapped_pages(before.end, after.start) == 2


def test_symbols(kernel: fake_crash.Kernel) -> None:
    rows = [
        (0, 0, 0, 0, 0, 0),
        (1, 2, 0, 1, 0x10010, 8),
        (5, 2, 0, 1, 0x10000, 16),
        (9, 0, 0, 0, 0, 0),
        (12, 1, 0, 2, 0x30000, 4),
    ]
    kernel.write(TABLE + 0x100, b"".join(struct.pack("=IBBHQQ", *row) for row in rows))
    kernel.write(NAMES, b"\0two\0one\0no\0data\0".ljust(0x2000, b"\0"))
    kernel.write(KINDS, b"?tTUd")
    kernel.make("struct mod_kallsyms", TABLE, symtab=TABLE + 0x100, num_symtab=5, strtab=NAMES, typetab=KINDS)
    (first, _) = modules.modules()
    found = modules.symbols(first)
    assert [(s.name, s.address, s.size, s.kind) for s in found] == [
        ("one", 0x10000, 16, "T"), ("two", 0x10010, 8, "t"), ("data", 0x30000, 4, "d"),
    ]  # fmt: skip
    assert [s.name for s in modules.functions(first)] == ["one", "two"]


@pytest.mark.parametrize("counted", [True, False])
def test_sections(counted: bool) -> None:
    kernel = fake_crash.install()
    kernel.define("attribute", name="char[16]")
    kernel.define("struct attribute_group", bin_attrs="ptr")
    if counted:
        kernel.define("struct bin_attribute", attr="attribute")
        kernel.define("struct module_sect_attr", battr="struct bin_attribute", address="u64")
        kernel.define("struct module_sect_attrs", nsections="u32", attrs="struct module_sect_attr")
        kernel.make("struct module_sect_attrs", 0x1000, nsections=2)
        for index, name in enumerate((".text", ".data")):
            at = 0x1000 + 4 + index * kernel.sizes["struct module_sect_attr"]
            kernel.make("struct module_sect_attr", at, battr_DOT_attr_DOT_name=name)
            kernel.write_pointer(at + 16, 0x10 + index)
        attributes: Any = kernel.view("struct module_sect_attrs", 0x1000)
    else:
        kernel.define("struct bin_attribute", attr="attribute", private="ptr")
        kernel.define("struct module_sect_attrs", attrs="struct bin_attribute")
        for index, name in enumerate((".text", ".data")):
            at = 0x1000 + index * kernel.sizes["struct bin_attribute"]
            kernel.make("struct bin_attribute", at, private=0x10 + index, attr_DOT_name=name)
        made = kernel.view("struct module_sect_attrs", 0x1000)
        made.grp = SimpleNamespace(bin_attrs=[1, 1, 0])
        attributes = made
    module: Any = SimpleNamespace(sect_attrs=attributes)
    assert list(modules.sections(module)) == [(".text", 0x10), (".data", 0x11)]
    assert list(modules.sections(SimpleNamespace(sect_attrs=0))) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("old ", [("old", "", None)]), ("", []), (None, [])],
)
def test_the_module_that_was_unloaded_last(value: Any, expected: Any) -> None:
    kernel = fake_crash.install()
    if value is not None:
        kernel.variables["last_unloaded_module"] = value
    assert list(modules.unloaded()) == expected


def test_modules_that_were_unloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = fake_crash.install()
    kernel.define("struct list_head", next="ptr", prev="ptr")
    kernel.define("struct mod_unload_taint", list="struct list_head", name="char[56]", taints="u64", count="u64")
    kernel.define("last", name="char[56]", taints="char[24]")
    kernel.symbols["unloaded_tainted_modules"] = HEAD
    kernel.make("struct mod_unload_taint", FIRST, name="gone", taints=0x1001, count=4)
    kernel.link([HEAD, FIRST])
    kernel.variables["last_unloaded_module"] = kernel.make("last", SECOND, name="other", taints="(OE)")
    monkeypatch.setattr(modules, "taint_letters", lambda: tuple("PFSRMBUDAWCIOELKXTN"))
    assert list(modules.unloaded()) == [("gone", "PO", 4), ("other", "OE", None)]
