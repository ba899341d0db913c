# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``crash`` has all classic functions and constants, and they give the right values.

There is one row for each function. The values come from crash's own commands, from drgn, or from arithmetic.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any

import pytest

from support.session import CrashSession, Variant
from support.stubs import stub_classes, stub_names
from support.truth import Truth

Evaluate = Callable[[str], Any]
Program = Callable[..., str]

# Values that do not depend on the dump: (expression, value).
FUNCTIONS: dict[str, list[tuple[str, object]]] = {
    "symbol_exists": [("bool(crash.symbol_exists('jiffies'))", True), ("bool(crash.symbol_exists('jiffie'))", False)],
    "struct_size": [("crash.struct_size('struct list_head')", 16), ("crash.struct_size('struct nonesuch')", -1)],
    "union_size": [("crash.union_size('union sigval')", 8), ("crash.union_size('union nonesuch')", -1)],
    "member_offset": [
        ("crash.member_offset('struct list_head', 'prev')", 8), ("crash.member_offset('struct list_head', 'x')", -1),
    ],
    "member_size": [
        ("crash.member_size('struct task_struct', 'comm')", 16), ("crash.member_size('struct list_head', 'x')", -1),
    ],
    "enumerator_value": [("crash.enumerator_value('PIDTYPE_SID')", 3), ("crash.enumerator_value('NONESUCH')", None)],
    "get_GDB_output": [
        ("crash.get_GDB_output('print 6 * 7').split()[-1]", "42"), ("crash.get_GDB_output('nonesuch')", None),
    ],
    "crash_set_error": [
        ("[crash.crash_set_error('/dev/null'), crash.crash_set_error('default')]", ["default", "/dev/null"]),
    ],
    "exec_crash_command": [("crash.exec_crash_command('eval 42').split()[1]", "2a")],
    "exec_crash_command_bg2": [
        ("(lambda fd, pid: [os.read(fd, 99).decode().split()[1], os.waitpid(pid, 0)[1]])"
         "(*crash.exec_crash_command_bg2('eval 42'))", ["2a", 0]),
    ],
    "exec_epython_command": [("crash.exec_epython_command('-c \"pass\"')", None)],
    "get_epython_cmds": [("'taskinfo' in crash.get_epython_cmds()", True)],
    "sym2addr": [("crash.sym2addr('nonesuch')", 0)],
    "sym2alladdr": [
        ("crash.sym2alladdr('nonesuch')", []), ("crash.sym2alladdr('jiffies') == [crash.sym2addr('jiffies')]", True),
    ],
    "addr2sym": [
        ("crash.addr2sym(crash.sym2addr('init_task'))", "init_task"),
        ("crash.addr2sym(crash.sym2addr('init_task') + 5)", None),
        ("crash.addr2sym(crash.sym2addr('init_task') + 5, True)", ["init_task", 5]),
    ],
    "addr2mod": [
        ("crash.addr2mod(int(readSymbol('modules').next) and crash.sym2addr('dm_table_create'))", "dm_mod"),
        ("crash.addr2mod(crash.sym2addr('vfs_read'))", None),
    ],
    "mem2long": [
        ("crash.mem2long(b'\\xff\\xff\\xff\\xff')", 2**32 - 1), ("crash.mem2long(b'\\xff\\xff', signed=1)", -1),
        ("crash.mem2long(b'\\1\\0\\2\\0', array=2)", [1, 2]),
    ],
    "PAGEOFFSET": [("crash.PAGEOFFSET(0x12345)", 0x345)],
    "readmem": [("crash.readmem(crash.sym2addr('linux_banner'), 13).decode()", "Linux version")],
    "readPtr": [
        ("crash.readPtr(crash.sym2addr('modules')) == int(readSymbol('modules').next)", True),
    ],
    "readInt": [
        ("crash.readInt(crash.sym2addr('linux_banner'), 4)", struct.unpack("<I", b"Linu")[0]),
        ("crash.readInt(crash.sym2addr('init_task') + member_offset('struct task_struct', 'prio'), 4, 1)", 120),
    ],
    "sLong": [("[crash.sLong(2**64 - 1), crash.sLong(5)]", [-1, 5])],
    "le32_to_cpu": [("crash.le32_to_cpu(0x01020304)", 0x01020304)],
    "le16_to_cpu": [("crash.le16_to_cpu(0x0102)", 0x0102)],
    "cpu_to_le32": [("crash.cpu_to_le32(0x01020304)", 0x01020304)],
    "getListSize": [
        ("crash.getListSize(crash.sym2addr('modules'), 0, 10000) == len(lsModules())", True),
        ("crash.getListSize(crash.sym2addr('modules'), 0, 3)", 3),
    ],
    "getFullBuckets": [
        ("crash.getFullBuckets(crash.sym2addr('modules'), 8, 2, 0) == list(readSymbol('modules').Deref and"
         " [int(readSymbol('modules').next), int(readSymbol('modules').prev)])", True),
    ],
    "getFullBucketsH": [
        ("[i for i, a in crash.getFullBucketsH(crash.sym2addr('modules'), 8, 2, 0)]", [0, 1]),
    ],
    "FD_ISSET": [("[bool(crash.FD_ISSET(n, b'\\x05\\x80')) for n in (0, 1, 2, 14, 15)]",
                  [True, False, True, False, True])],
    "gdb_whatis": [
        ("[crash.gdb_whatis('jiffies')[k] for k in ('fname', 'basetype', 'typelength', 'uint')]",
         ["jiffies", "unsigned long", 8, 1]),
        ("[p.get('basetype') for p in crash.gdb_whatis('vfs_read')['prototype']][:3]", ["long", "struct file", "char"]),
    ],
    "gdb_typeinfo": [
        ("[[b['fname'], b['bitoffset'], b['stars'], b['basetype']] for b in"
         " crash.gdb_typeinfo('struct list_head')['body']]",
         [["next", 0, 1, "struct list_head"], ["prev", 64, 1, "struct list_head"]]),
        ("crash.gdb_typeinfo('enum pid_type')['edef'][:2]", [["PIDTYPE_PID", 0], ["PIDTYPE_TGID", 1]]),
        ("crash.gdb_typeinfo('struct page **')",
         {"basetype": "struct page", "codetype": 1, "typelength": 8, "stars": 2, "ptrbasetype": 3}),
        ("crash.gdb_typeinfo('char [3][4]')['dims']", [3, 4]),
        ("[crash.gdb_typeinfo('pid_t')[k] for k in ('typedef', 'basetype', 'uint')]", ["pid_t", "int", 0]),
    ],
    "set_readmem_task": [("crash.set_readmem_task(0)", None)],
    "register_epython_prog": [
        ("[crash.register_epython_prog('mpyktest', 'a', 'b', 'c'), 'mpyktest' in crash.get_epython_cmds()]",
         [True, True]),
    ],
    "set_default_timeout": [
        ("(lambda old: [crash.set_default_timeout(7), crash.default_timeout, crash.set_default_timeout(old)])"
         "(crash.default_timeout)", [120, 7, 7]),
    ],
    "setprocname": [("crash.setprocname('crash')", None)],
    "is_task_active": [("bool(crash.is_task_active(crash.pid_to_task(1)))", False)],
    "task_to_pid": [("[crash.task_to_pid(crash.pid_to_task(1)), crash.task_to_pid(1)]", [1, None])],
    "pid_to_task": [("crash.pid_to_task(99999999)", 0)],
}  # fmt: skip
# These are compared with crash's commands in tests of their own below.
COMPARED = {"uvtop", "phys_to_page", "get_NR_syscalls", "get_pathname", "get_uptime", "get_task_mem_usage"}
KINDS = ("PTR", "ARRAY", "STRUCT", "UNION", "ENUM", "FUNC", "INT", "FLT", "VOID", "BOOL")
CONSTANTS = [
    "error", "version", "KVADDR", "UVADDR", "PHYSADDR", "XENMACHADDR", "AMBIGUOUS", "PAGESIZE", "PAGE_CACHE_SHIFT",
    "HZ", "WARNING", "Crash_run", "Crash_build", "default_timeout", *(f"TYPE_CODE_{kind}" for kind in KINDS),
]  # fmt: skip


def test_the_tables_have_all_forty_four() -> None:
    """The classic module has 44 functions. Without this test a lost row would not be noticed."""
    assert len(FUNCTIONS.keys() | COMPARED) == 44


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function(evaluate: Evaluate, name: str) -> None:
    for expression, value in FUNCTIONS[name]:
        assert evaluate(expression) == value, expression


def test_all_names_are_there(evaluate: Evaluate) -> None:
    names = [*FUNCTIONS, *COMPARED, *CONSTANTS]
    assert evaluate(f"[n for n in {names} if not hasattr(crash, n)]") == []
    assert evaluate(f"[n for n in {[*FUNCTIONS, *COMPARED]} if not callable(getattr(crash, n))]") == []


def test_stubs_have_the_names_of_the_module(evaluate: Evaluate) -> None:
    assert set(evaluate("[name for name in dir(crash) if not name.startswith('__')]")) == stub_names()


def test_stubs_have_the_names_of_the_classes(evaluate: Evaluate) -> None:
    """A class whose stub has ``__getattr__`` may have more attributes than its stub names."""
    for name, stub in stub_classes().items():
        own = set(evaluate(f"[key for key in vars(crash.{name}) if not key.startswith('__')]"))
        named = {key for key in stub if not key.startswith("__")}
        assert evaluate(f"[key for key in {sorted(named)} if not hasattr(crash.{name}, key)]") == [], name
        assert "__getattr__" in stub or own <= named, name


def test_constants(evaluate: Evaluate, crash_session: CrashSession, variant: Variant) -> None:
    machine = dict(re.findall(r"^ *(\w+): (\d+)", crash_session.run("help -m"), re.M))
    assert evaluate("[crash.PAGESIZE, crash.PAGE_CACHE_SHIFT, crash.sysfacts()['hz']]") == [
        int(machine[key]) for key in ("pagesize", "pageshift", "hz")
    ]
    assert evaluate("[crash.KVADDR, crash.UVADDR, crash.PHYSADDR, crash.XENMACHADDR]") == [1, 2, 4, 8]
    assert evaluate("[crash.WARNING, crash.Crash_run.split('-')[0], issubclass(crash.error, Exception)]") == [
        "+++WARNING+++", variant.crash_version.split("-")[0], True,
    ]  # fmt: skip
    types = {"PTR": "char *", "STRUCT": "struct page", "UNION": "union sigval", "ENUM": "enum pid_type", "INT": "int",
             "VOID": "void", "BOOL": "bool"}  # fmt: skip
    for kind, text in types.items():
        assert evaluate(f"TypeInfo({text!r}).codetype == crash.TYPE_CODE_{kind}"), kind
    assert evaluate("whatis('vfs_read').ti.codetype == crash.TYPE_CODE_FUNC")
    codes = evaluate(f"[getattr(crash, 'TYPE_CODE_' + kind) for kind in {KINDS}]")
    assert len(set(codes)) == len(codes) == 10


def test_uvtop_and_phys_to_page(evaluate: Evaluate, crash_session: CrashSession, truth: Truth) -> None:
    task = truth.named("memory")
    crash_session.run(f"set {task.pid}")
    areas = re.findall(r"^[0-9a-f]{16} +([0-9a-f]+) ", crash_session.run("vm").partition("VMA")[2], re.M)
    expected = ((int(area, 16), crash_session.run(f"vtop -u {area}")) for area in areas)
    begin, vtop = next((area, text) for area, text in expected if re.search(rf"^{area:x} +[0-9a-f]+ *$", text, re.M))
    physical = int(re.findall(rf"^{begin:x} +([0-9a-f]+)", vtop, re.M)[0], 16)
    page = int(re.findall(r"^([0-9a-f]{16}) +[0-9a-f]+ ", vtop.partition("MAPPING")[2], re.M)[0], 16)
    assert evaluate(f"crash.uvtop(crash.pid_to_task({task.pid}), {begin})") == physical
    assert evaluate(f"crash.phys_to_page({physical})") == page
    # The same page read in both ways.
    assert evaluate(
        f"readProcessMem(crash.pid_to_task({task.pid}), {begin}, 64) == crash.readmem({physical}, 64, crash.PHYSADDR)"
    )


def test_numbers_of_crash(evaluate: Evaluate, crash_session: CrashSession, truth: Truth) -> None:
    pid = truth.named("memory").pid
    words = crash_session.run(f"ps {pid}").splitlines()[-1].split()
    assert evaluate(f"crash.get_task_mem_usage(crash.pid_to_task({pid}))") == [int(words[6]), int(words[7])]
    jiffies, rate = evaluate("[crash.get_uptime(), crash.HZ]")
    assert rate == 250, "CONFIG_HZ of Debian's kernels"
    assert truth.uptime <= jiffies / rate + 1 < truth.uptime + 30
    table = crash_session.run("sys -c").splitlines()
    assert evaluate("crash.get_NR_syscalls()") == max(int(line.split()[0]) for line in table if "sys_" in line) + 1


def test_paths(evaluate: Evaluate, crash_session: CrashSession, truth: Truth) -> None:
    pid = truth.named("open-files").pid
    crash_session.run(f"set {pid}")
    row = next(line.split() for line in crash_session.run("files").splitlines() if " REG " in line)
    file = f"readSU('struct file', {int(row[1], 16)})"
    assert evaluate(f"crash.get_pathname({file}.f_path.dentry, {file}.f_path.mnt)") == row[-1]


def test_a_type_from_its_dict(evaluate: Evaluate) -> None:
    for name in ("char *[3][4]", "struct list_head", "struct page **", "enum pid_type", "unsigned long"):
        assert evaluate(f"TypeInfo(crash.gdb_typeinfo({name!r})).fullname()") == name
    assert evaluate("TypeInfo(crash.gdb_typeinfo('pid_t')).size") == 4


@pytest.mark.parametrize(
    "text", ["{}", "{'basetype': 5}", "{'basetype': 'int', 'stars': -1}", "{'basetype': 'int', 'dims': 3}",
             "{'basetype': 'struct nonesuch'}", "{'basetype': 'int', 'stars': 'x'}"],
)  # fmt: skip
def test_a_dict_that_is_no_type(crash_session: CrashSession, program: Program, text: str) -> None:
    path = program(f"from pykdump.API import *\ntry:\n    TypeInfo({text})\nexcept TypeError as e:\n    print('no')\n")
    assert crash_session.run(f"epython {path}") == "no\n"


def test_a_program_run_from_a_program(crash_session: CrashSession, program: Program) -> None:
    inner = program("import sys\nprint('inner', sys.argv[1:])\n", "inner.py")
    outer = program(f"import crash\ncrash.exec_epython_command('{inner} a b')\nprint('outer')\n", "outer.py")
    assert crash_session.run(f"epython {outer}") == "inner ['a', 'b']\nouter\n"
    other = program("import crash\ntry:\n    crash.exec_epython_command('  ')\nexcept ValueError:\n    print('no')\n")
    assert crash_session.run(f"epython {other}") == "no\n"


def test_an_artificial_struct_is_read(crash_session: CrashSession, program: Program) -> None:
    path = program(
        "from pykdump.API import *\n"
        "for again in range(2):\n"
        "    a = ArtStructInfo('struct mpyk_art')\n"
        "    a.inline(SUInfo('struct list_head'))\n"
        "    a.append('unsigned int', 'x')\n    a.append('char [8]', 'text')\n"
        "    a.append('struct module *', 'm')\n"
        "    s = readSU('struct mpyk_art', sym2addr('modules'))\n"
        "    print(s.next == readSymbol('modules').next, s.prev == readSymbol('modules').prev, len(s), a.PYT_size)\n"
        "    print(s.x == readU32(s + 0 and sym2addr('modules') + 16), s.PYT_symbol, s.hasField('y'), s['m'].offset)\n"
        "    print(struct_size('struct mpyk_art'), member_offset('struct mpyk_art', 'text'),\n"
        "          container_of(sym2addr('modules') + 16, 'struct mpyk_art', 'x') == s)\n"
        "    print(readSUArray('struct mpyk_art', s, 2)[1] - s, SUInfo('struct mpyk_art').getFnames())\n"
        "a.append('int', 'y')\n"
        "print(readSU('struct mpyk_art', 4096).hasField('y'), struct_size('struct mpyk_art'))\n"
        "b = ArtStructInfo('struct list_head')\nb.append('int', 'x')\n"
        "print(struct_size('struct list_head'), member_offset('struct list_head', 'x'))\n"
        "f = ArtStructInfo('struct mpyk_inlined')\nf.append('int', 'x')\nf.inline(SUInfo('struct task_struct'))\n"
        "t = sym2addr('init_task')\n"
        "print(readSU('struct mpyk_inlined', t - f['pid'].offset + SUInfo('struct task_struct').pid.offset).comm,\n"
        "      f['sched_reset_on_fork'].bitsize)\n",
    )
    lines = crash_session.run(f"epython {path}").splitlines()
    block = ["True True 40 40", "True struct mpyk_art False 32", "40 20 True", "40 ['next', 'prev', 'x', 'text', 'm']"]
    assert lines == [*block, *block, "True 48", "16 -1", "swapper/0 1"]
