# SPDX-License-Identifier: GPL-3.0-or-later
"""Layouts from the dump's BTF, compared with gdb's (all types with MPYK_BTF_ALL=1) and drgn's; BTF of modules."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.session import CrashSession, Variant, Vmcore

COUNT = 300
MUST = [
    "struct task_struct", "struct page", "struct sk_buff", "struct tcp_sock", "struct net_device", "struct inode",
    "struct dentry", "struct mm_struct", "struct vm_area_struct", "struct rq", "struct iphdr", "struct tcphdr",
    "struct module", "struct zone", "struct pglist_data", "struct bpf_prog", "struct perf_event_attr",
    "struct lru_gen_folio", "struct xa_node", "struct kvm", "struct hugetlb_cgroup",
]  # fmt: skip

# It reads the names with its own reader of BTF, then the layouts from both sources, and writes them to a file.
PROGRAM = r"""
import json, random, struct
import crash

data = crash.readmem(crash.sym2addr("__start_BTF"), crash.sym2addr("__stop_BTF") - crash.sym2addr("__start_BTF"))
header = struct.unpack_from("<HBBIIIII", data)
at, strings = header[3] + header[4], header[3] + header[6]
end, names, multiple = at + header[5], set(), set()
FIXED, EACH = {1: 4, 3: 12, 14: 4, 17: 4}, {4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}
while at < end:
    name, info, size = struct.unpack_from("<III", data, at)
    kind, count = info >> 24 & 31, info & 0xFFFF
    at += 12 + FIXED.get(kind, 0) + EACH.get(kind, 0) * count
    if kind in (4, 5) and name and count:
        text = data[strings + name : data.index(0, strings + name)].decode()
        text = ("struct " if kind == 4 else "union ") + text
        (multiple if text in names else names).add(text)
where, count, must = CHOICE
chosen = sorted(names)
if count:
    random.Random(7).shuffle(chosen)
    chosen = must + [name for name in chosen if name not in must][: count - len(must)]
result = {"multiple": sorted(multiple), "total": len(names)}
for source in ("btf", "auto", "gdb"):
    crash.set_type_source(source)
    result[source] = {}
    for name in chosen:
        size = crash.struct_size(name)
        result[source][name] = [size, crash.struct_info(name) if size >= 0 else []]
crash.set_type_source("auto")
open(where, "w").write(json.dumps(result))
"""

Layouts = dict[str, Any]


def without_dimensions(ctype: str) -> str:
    """Return ``int [6]`` for ``int [2][3]``: BTF holds only the number of elements (pahole multiplies dimensions)."""

    def product(match: re.Match[str]) -> str:
        number = 1
        for dimension in re.findall(r"\d+", match[0]):
            number *= int(dimension)
        return f"[{number}]" if re.fullmatch(r"(\[\d+\])+", match[0]) else match[0]

    return re.sub(r"(\[\d*\])+", product, ctype)


@pytest.fixture(scope="module")
def layouts(variant: Variant, vmcore: Vmcore, tmp_path_factory: pytest.TempPathFactory) -> Layouts:
    """What both sources say, from a crash of its own."""
    folder = tmp_path_factory.mktemp("btf")
    program, result = folder / "layouts.py", folder / "layouts.json"
    count = 0 if os.environ.get("MPYK_BTF_ALL") else COUNT
    program.write_text(PROGRAM.replace("CHOICE", repr((str(result), count, MUST))))
    with CrashSession(variant, vmcore, cwd=folder) as session:
        output = session.run(f"epython {program}", timeout=1200)
    assert result.exists(), output
    found: Layouts = json.loads(result.read_text())
    assert len(found["btf"]) == (count or found["total"])
    return found


def differences(name: str, ours: list[Any], theirs: list[Any]) -> Iterator[str]:
    """Compare size and each member's name, offset, bits, size and type."""
    if ours[0] != theirs[0] or len(ours[1]) != len(theirs[1]):
        yield f"{name}: {ours[0]} bytes, {len(ours[1])} members; not {theirs[0]} bytes, {len(theirs[1])} members"
        return
    for mine, other in zip(ours[1], theirs[1]):
        if mine[:5] != other[:5] or not same_type(mine[5], other[5]):
            yield f"{name}: {mine}, not {other}"


def same_type(btf: str, gdb: str) -> bool:
    return btf in (gdb, without_dimensions(gdb))


def test_layouts_equal_gdb(layouts: Layouts) -> None:
    """Tolerated: the structs of that name in different drivers, and those that gdb does not find.

    BTF has types declared inside a function; gdb does not find these by name. Both give the first of several
    structs of one tag, but not in the same order.
    """
    gdb, multiple = layouts["gdb"], set(layouts["multiple"])
    unknown = {name for name, (size, _members) in gdb.items() if size < 0}
    assert len(unknown) <= len(gdb) / 100
    assert len(multiple) <= layouts["total"] / 100
    compared = [name for name in gdb if name not in unknown | multiple]
    assert [line for name in compared for line in differences(name, layouts["btf"][name], gdb[name])] == []
    assert sum(len(gdb[name][1]) for name in compared) > 5 * len(compared), "they have members"
    assert any(member[3] for name in compared for member in gdb[name][1]), "bit-fields are among them"


def test_arrays_have_the_dimensions_of_gdb_where_it_is_asked(layouts: Layouts) -> None:
    """Tolerated: nothing but text of less than 64 characters (`comm`), for which alone gdb is not asked.

    BTF has only the product of the dimensions, so these may differ. Sizes and offsets must be equal.
    """
    gdb, multiple = layouts["gdb"], set(layouts["multiple"])
    pairs = [
        (name, mine, flat, theirs)
        for name in gdb
        if gdb[name][0] >= 0 and name not in multiple
        for mine, flat, theirs in zip(layouts["auto"][name][1], layouts["btf"][name][1], gdb[name][1])
        if theirs[5].endswith("]") and not re.search(r"^char (\[\d+\])+$", theirs[5])
    ]
    assert [(name, mine, theirs) for name, mine, _flat, theirs in pairs if mine != theirs] == []
    assert [(name, flat, theirs) for name, _mine, flat, theirs in pairs if flat[:5] != theirs[:5]] == []
    assert any(flat[5] != theirs[5] for _name, _mine, flat, theirs in pairs), "BTF has lost some dimensions"


def promoted(ctype: Any, base: int = 0) -> Iterator[tuple[str, int, int]]:
    """Yield (name, bit offset, bit size) of drgn's members, those of anonymous members included."""
    import drgn

    for member in ctype.members or ():
        inner = member.type
        while inner.kind == drgn.TypeKind.TYPEDEF:
            inner = inner.type
        if member.name is not None:
            yield member.name, base + member.bit_offset, member.bit_field_size or 0
        elif inner.kind in (drgn.TypeKind.STRUCT, drgn.TypeKind.UNION):
            yield from promoted(inner, base + member.bit_offset)


def test_layouts_equal_drgn(layouts: Layouts, drgn_program: Any) -> None:
    """Tolerated: several structs of one tag."""
    compared = [name for name in layouts["btf"] if name not in layouts["multiple"]]
    wrong, missing = [], []
    for name in compared[:COUNT]:
        try:
            theirs = drgn_program.type(name)
        except LookupError:
            missing.append(name)
            continue
        size, members = layouts["btf"][name]
        ours = [(m[0], 8 * m[1] + (m[2] % 8 if m[3] else 0), m[3]) for m in members]
        if (size, ours) != (theirs.size, list(promoted(theirs))):
            wrong.append(name)
    assert wrong == []
    assert len(missing) <= COUNT / 100, "types declared inside a function"


PRIVATE_PARTS = """
from pykdump.API import *
import crash
for name in ("tun_struct", "veth_priv", "xfs_mount"):
    print("size", name, crash.struct_size("struct " + name))
for dev in readSUListFromHead(Addr(readSymbol("init_net"), "dev_base_head"), "dev_list", "struct net_device"):
    kind = str(dev.rtnl_link_ops.kind) if dev.rtnl_link_ops else ""
    private = int(dev) + member_offset("struct net_device", "priv")
    if kind == "tun":
        print("same", dev.name, readSU("struct tun_struct", private).dev.name)
    elif kind == "veth":
        peer = readSU("struct veth_priv", private).peer
        print("same", dev.name, readSU("struct veth_priv", int(peer) + int(private) - int(dev)).peer.name)
"""


def test_structs_of_modules_without_their_debuginfo(crash_session: CrashSession, tmp_path: Path) -> None:
    """The driver's part of a tap device leads back to the device; a veth device is the peer of its peer."""
    program = tmp_path / "private.py"
    program.write_text(PRIVATE_PARTS)
    assert "(not loaded)" in crash_session.run("mod")
    output = crash_session.run(f"epython {program}")
    sizes = dict(re.findall(r"size (\w+) (-?\d+)", output))
    assert len(sizes) == 3, output
    assert all(int(size) > 100 for name, size in sizes.items() if name != "veth_priv"), output
    pairs = re.findall(r"same (\S+) (\S+)", output)
    assert len(pairs) >= 3, output
    assert all(name == other for name, other in pairs), output


def in_python(session: CrashSession, text: str) -> str:
    return session.run(f'epython -c "import crash; {text}"').strip()


def test_choosing_the_source(crash_session: CrashSession) -> None:
    size = "crash.struct_size('struct xfs_mount')"
    text = f"print(crash.set_type_source('gdb'), {size}, crash.set_type_source('btf'), {size} > 0)"
    assert in_python(crash_session, text).split() == ["auto", "-1", "gdb", "True"]
    assert in_python(crash_session, "print(crash.set_type_source('auto'))") == "btf"
    assert "ValueError" in in_python(crash_session, "crash.set_type_source('dwarf')")


def test_base_types_by_any_spelling(crash_session: CrashSession) -> None:
    names = ["unsigned long", "long unsigned int", "unsigned", "char", "_Bool", "long long", "pid_t", "task_struct"]
    text = "crash.set_type_source('{}'); print([(crash.TypeInfo(n).fullname(), crash.sizeof(n)) for n in " + str(names)
    expected = [in_python(crash_session, text.format(source) + "])") for source in ("btf", "gdb", "auto")]
    assert expected[0] == expected[1] == expected[2]
    assert "('unsigned long', 8), ('unsigned long', 8), ('unsigned int', 4)" in expected[0]


def test_dimensions_that_btf_has_lost_come_from_gdb(crash_session: CrashSession) -> None:
    """lru_gen_folio.nr_pages is long [4][2][5] (commit ec1c86b25f4b); BTF says long [40]."""
    text = (
        "m = crash.struct_members('struct lru_gen_folio')['nr_pages']; "
        "g = crash.readSU('struct lru_gen_folio', int(crash.readSymbol('init_task'))); "
        "print(m.ctype.replace(' ', ''), len(g.nr_pages), len(g.nr_pages[0]), len(g.nr_pages[0][0]), "
        "crash.member_offset('struct lru_gen_folio', 'nr_pages[1][1][1]') - m.offset, "
        "len(crash.readSymbol('init_task').comm) > 0)"
    )
    assert in_python(crash_session, text).split() == ["long[4][2][5]", "4", "2", "5", str(8 * (10 + 5 + 1)), "True"]


@pytest.mark.parametrize(("choice", "wanted"), [("auto", "[4][2][5]"), ("gdb", "[4][2][5]"), ("btf", "[40]")])
def test_all_that_shows_an_array_shows_the_same(crash_session: CrashSession, choice: str, wanted: str) -> None:
    text = (
        f"crash.purge_types(); crash.set_type_source('{choice}'); s = 'struct lru_gen_folio'; "
        "m = crash.struct_members(s)['nr_pages']; "
        "i = [i[5] for i in crash.struct_info(s) if i[0] == 'nr_pages'][0]; "
        "g = crash.readSU(s, int(crash.readSymbol('init_task'))); "
        "line = [x for x in g.fullStr().split(chr(10)) if x.strip().startswith('nr_pages')][0]; "
        "print(i.replace(' ', ''), m.ctype.replace(' ', ''), m.ti.dims, m.array, m.size, line.count('['), "
        "repr(m).replace(' ', ''), crash.set_type_source('auto'), sep='|')"
    )
    info, ctype, dims, count, size, brackets, shown, _old = in_python(crash_session, text).split("|")
    assert (info, ctype) == (f"long{wanted}", f"long{wanted}")
    assert dims == str([int(number) for number in re.findall(r"\d+", wanted)])
    assert (count, size) == ("40", "320")
    assert int(brackets) == (1 if wanted == "[40]" else 1 + 4 + 4 * 2)
    assert wanted in shown


def test_one_struct_is_one_type_whoever_mentions_it(crash_session: CrashSession) -> None:
    """The variable's type is gdb's, the struct's by name is BTF's."""
    text = "print(crash.struct_class('struct task_struct') is type(crash.readSymbol('init_task')))"
    assert in_python(crash_session, text) == "True"
