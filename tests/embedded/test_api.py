# SPDX-License-Identifier: GPL-3.0-or-later
"""The API inside crash: its exceptions, and values that are equal to those of crash's own commands."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from support.session import CrashSession, Result, Variant

Evaluate = Callable[[str], Any]
STRUCTS = [
    "list_head", "task_struct", "page", "inode", "dentry", "file", "file_operations", "super_block", "mm_struct",
    "vm_area_struct", "signal_struct", "cred", "rq", "sched_entity", "net_device", "sk_buff", "sock", "module",
    "kmem_cache", "cgroup", "bio", "request", "block_device",
]  # fmt: skip
SYMBOLS = ["init_task", "jiffies", "schedule", "do_exit", "linux_banner", "__per_cpu_offset", "panic_timeout"]


def test_what_the_api_imports_is_not_compressed(
    variant: Variant, crash_session: CrashSession, program: Callable[..., str]
) -> None:
    """To inflate it would cost each session milliseconds."""
    path = program(
        "from pykdump.API import *\nimport sys\nprint(*(m for m in sys.modules if m.startswith('pykdump.')))\n"
    )
    imported = crash_session.run(f"epython {path}").split()
    assert {"pykdump.API", "pykdump.lists", "pykdump.runtime.programs"} <= {*imported}
    with zipfile.ZipFile(variant.extension) as archive:
        methods = {row.filename.removesuffix(".pyc"): row.compress_type for row in archive.infolist()}
    names = [name.replace(".", "/") for name in imported]
    found = {name: methods.get(name, methods.get(f"{name}/__init__")) for name in names}
    assert {name: method for name, method in found.items() if method != zipfile.ZIP_STORED} == {}


def test_the_first_import_loads_no_slow_module(
    variant: Variant, run_crash: Callable[..., Result], program: Callable[..., str]
) -> None:
    """Each of these takes milliseconds, and many programs use none."""
    slow = {"argparse", "collections", "enum", "functools", "inspect", "re", "string", "typing"}
    path = program(f"import sys\nfrom pykdump.API import *\nprint('loaded', sorted({slow} & {{*sys.modules}}))\n")
    result = run_crash(variant, [f"extend {variant.extension}", f"epython {path}"])
    assert "loaded []\n" in result.stdout


@pytest.mark.parametrize(
    ("statement", "kind", "text"),
    [
        ("readmem(0xdead000000000000, 8)", "crash.error", "0xdead000000000000"),
        ("readU64(0xffffffffff000000)", "crash.error", "0xffffffffff000000"),
        ("readSU('struct task_struct', 0xdead000000000000).pid", "crash.error", "0xdead"),
        ("readSU('struct no_such_struct', 1)", "TypeError", "no_such_struct"),
        ("readSymbol('no_such_symbol')", "TypeError", "no_such_symbol"),
        ("whatis('no_such_symbol')", "TypeError", "no_such_symbol"),
        ("readSUListFromHead('no_such_symbol', 'list', 'struct module')", "TypeError", "no_such_symbol"),
        ("readSUListFromHead(1, 'list', 'struct no_such_struct')", "TypeError", "no_such_struct"),
        ("readSU('struct task_struct', sym2addr('init_task')).no_such_member", "KeyError", "no_such_member"),
        ("readSUListFromHead(1, 'no_such_member', 'struct module')", "KeyError", "no_such_member"),
        ("readPtr(0)", "IndexError", ""),
        ("readmem(0, 16)", "IndexError", ""),
        ("readSU('struct task_struct', 0).pid", "IndexError", ""),
        ("exec_crash_command('no_such_command')", "crash.error", "no_such_command"),
        ("exec_gdb_command('p no_such_symbol')", "crash.error", "no_such_symbol"),
        ("EnumInfo('enum no_such_enum')", "TypeError", "no_such_enum"),
    ],
)
def test_what_is_raised(
    crash_session: CrashSession, program: Callable[..., str], statement: str, kind: str, text: str
) -> None:
    path = program(
        f"from pykdump.API import *\ntry:\n    {statement}\nexcept {kind} as problem:\n    print('raised', problem)\n"
    )
    output = crash_session.run(f"epython {path}")
    assert output.startswith("raised "), output
    assert text in output


def test_symbols_equal_those_of_sym(crash_session: CrashSession, evaluate: Evaluate) -> None:
    ours = evaluate(f"[(sym2addr(n), addr2sym(sym2addr(n)), symbol_exists(n)) for n in {SYMBOLS}]")
    for name, (address, back, exists) in zip(SYMBOLS, ours):
        expected = crash_session.run(f"sym {name}").split()
        assert (f"{address:x}", back, exists) == (expected[0], expected[2], True)
    assert evaluate("[sym2addr('no_such_symbol'), symbol_exists('no_such_symbol'), addr2sym(5)]") == [0, False, None]
    inside = evaluate("[addr2sym(sym2addr('schedule') + 1), addr2sym(sym2addr('schedule') + 1, True)]")
    assert inside == [None, ["schedule", 1]]


def test_memory_equals_that_of_rd(crash_session: CrashSession, evaluate: Evaluate) -> None:
    for name in ("linux_banner", "init_task", "jiffies"):
        lines = crash_session.run(f"rd -64 {name} 32").splitlines()
        words = [int(w, 16) for line in lines for w in line.split(":")[1].split()[:2]]
        assert evaluate(f"[readU64(sym2addr({name!r}) + 8 * i) for i in range(32)]") == words
        raw = b"".join(word.to_bytes(8, "little") for word in words)
        assert evaluate(f"readmem(sym2addr({name!r}), 256).hex()") == raw.hex()
    readers = "(readU8, readU16, readU32, readS8, readInt, readLong, readPtr)"
    banner = evaluate(f"[f(sym2addr('linux_banner')) for f in {readers}]")
    raw = b"Linux ve"
    assert banner == [int.from_bytes(raw[:n], "little") for n in (1, 2, 4, 1, 4, 8, 8)]


def members_of(text: str) -> tuple[dict[str, int], int]:
    """({member: offset}, size) from ``struct -o``: members of the struct and of anonymous ones in it, no bit-fields."""
    levels: list[dict[str, int]] = []
    size = -1
    for line in text.splitlines():
        offset = re.match(r"\s*\[(\d+)\]", line)
        end = re.match(r"\s*(?:\[\d+\]\s*)?\}\s*(\w*)", line)
        if line.rstrip().endswith("{"):
            levels.append({})
        elif end and len(levels) > 1:
            inner = levels.pop()
            levels[-1].update({end[1]: int(offset[1])} if offset and end[1] else inner)
        elif offset and ":" not in line:
            name = re.search(r"\(\*+(\w+)\)|(\w+)(?:\[\d*\])*;$", line)
            assert name, line
            levels[-1][name[1] or name[2]] = int(offset[1])
        elif line.startswith("SIZE:"):
            size = int(line.split()[1])
    return levels[0], size


@pytest.mark.parametrize("name", STRUCTS)
def test_layouts_equal_those_of_struct(crash_session: CrashSession, evaluate: Evaluate, name: str) -> None:
    members, size = members_of(crash_session.run(f"struct -o {name}"))
    assert len(members) > 1
    assert evaluate(f"struct_size('struct {name}')") == size
    ours = evaluate(f"[member_offset('struct {name}', m) for m in {list(members)}]")
    assert dict(zip(members, ours)) == members


def test_what_is_not_there_has_size_and_offset_minus_one(evaluate: Evaluate) -> None:
    assert evaluate(
        "[struct_size('struct no_such'), member_offset('struct no_such', 'x'), member_offset('struct page', 'no_such'),"
        " member_size('struct page', 'no_such'), struct_exists('struct no_such'), struct_exists('struct page')]"
    ) == [-1, -1, -1, -1, False, True]


def test_dotted_members(evaluate: Evaluate) -> None:
    assert evaluate(
        "member_offset('struct task_struct', 'sched_info.last_arrival')"
        " == member_offset('struct task_struct', 'sched_info') + member_offset('struct sched_info', 'last_arrival')"
    )
    assert evaluate("member_size('struct task_struct', 'comm')") == 16


def test_container_of_and_addr_are_inverse(evaluate: Evaluate) -> None:
    assert evaluate(
        "(lambda t: [container_of(Addr(t, 'tasks'), 'struct task_struct', 'tasks') == t,"
        " Addr(t) == sym2addr('init_task'), Deref(t) == t, str(t.comm)])(readSymbol('init_task'))"
    ) == [True, True, True, "swapper/0"]


def test_sys_info_equals_sys(crash_session: CrashSession, evaluate: Evaluate) -> None:
    # tests/vmcore/linux/test_clock.py has UPTIME, which crash may compute with a wrong tick rate.
    expected = dict(re.findall(r"^ *([A-Z ]+): +(.*?) *$", crash_session.run("sys"), re.MULTILINE))
    ours = evaluate("{k: v for k, v in sys_info.items() if isinstance(v, (str, int))}")
    for key in ("RELEASE", "VERSION", "NODENAME", "DATE", "LOAD AVERAGE", "TASKS", "MEMORY", "PANIC"):
        assert ours[key] == expected[key]
    assert ours["CPUS"] == int(expected["CPUS"].split()[0])
    assert ours["machine"] == expected["MACHINE"].split()[0]
    assert expected["RELEASE"].startswith(ours["kernel"].rsplit(".", 1)[0])
    assert ours["livedump"] is False


def test_constants_equal_those_of_crash(crash_session: CrashSession, evaluate: Evaluate) -> None:
    machine = crash_session.run("help -m")
    ours = evaluate("[crash.sysfacts()['hz'], PAGESIZE, PAGE_CACHE_SHIFT, pointersize, INT_SIZE, LONG_SIZE]")
    assert ours[0] == int(re.search(r"\bhz: (\d+)", machine)[1])  # type: ignore[index]
    assert ours[1] == int(re.search(r"pagesize: (\d+)", machine)[1])  # type: ignore[index]
    assert ours[2:] == [12, 8, 4, 8]


def test_enums_of_the_kernel(evaluate: Evaluate) -> None:
    assert evaluate("EnumInfo('enum pid_type')")["PIDTYPE_PGID"] == evaluate("enumerator_value('PIDTYPE_PGID')") == 2
    assert evaluate("EnumInfo('PIDTYPE_PGID').getnam(1)") == "PIDTYPE_TGID"
    assert evaluate("enumerator_value('NO_SUCH_ENUMERATOR')") is None


def test_output_of_commands_is_text(crash_session: CrashSession, evaluate: Evaluate) -> None:
    assert evaluate("exec_crash_command('sym jiffies')") == crash_session.run("sym jiffies")
    assert evaluate("exec_crash_command('struct task_struct')") == crash_session.run("struct task_struct")
    assert evaluate("exec_crash_command('mount')") == crash_session.run("mount")
    assert evaluate("exec_gdb_command('p sizeof(long)')").endswith("= 8\n")


def test_paths_and_pids(evaluate: Evaluate) -> None:
    assert evaluate("(lambda fs: get_pathname(fs.root.dentry, fs.root.mnt))(readSymbol('init_task').fs)") == "/"
    assert evaluate("task_to_pid(pid_to_task(1))") == 1
    assert evaluate("int(readSU('struct task_struct', pid_to_task(1)).tgid)") == 1


def test_objects_print_their_address(evaluate: Evaluate) -> None:
    address, *texts = evaluate(
        "(lambda t: [hex(t), repr(t), str(t), repr(whatis('init_task')), repr(t.stack), repr(t.cpus_mask), '%x' % t,"
        " t.shortStr()])(readSymbol('init_task'))"
    )
    assert "struct task_struct" in texts[0]
    for text in (*texts[:3], "0x" + texts[5], texts[6]):
        assert address in text
    for text in texts[3:5]:
        assert "0xffff" in text


def test_reason_of_gdb_is_in_the_exception(crash_session: CrashSession, program: Callable[..., str]) -> None:
    path = program(
        "from pykdump.API import *\n"
        "for command in ('print nonesuch_symbol', 'ptype struct nonesuch_tag', 'print 1 +', 'nonesuch_command'):\n"
        "    try: exec_gdb_command(command)\n"
        "    except crash.error as error: print(error)\n"
        "    print(crash.get_GDB_output(command))\n"
    )
    lines = crash_session.run(f"epython {path}").splitlines()
    assert 'No symbol "nonesuch_symbol" in current context.' in lines[0]
    assert "No struct type named nonesuch_tag." in lines[2]
    assert "syntax error" in lines[4]
    assert 'Undefined command: "nonesuch_command".' in lines[6]
    assert lines[1::2] == ["None"] * 4
