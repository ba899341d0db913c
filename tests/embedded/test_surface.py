# SPDX-License-Identifier: GPL-3.0-or-later
"""All names of the classic API inside crash, compared with crash's own commands."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.session import CrashSession, Result, Variant, Vmcore

Evaluate = Callable[[str], Any]
Program = Callable[..., str]
NAMES = [n for n in (Path(__file__).parent / "api_names.txt").read_text().split("\n") if n and not n.startswith("#")]


def run(session: CrashSession, program: Program, text: str) -> str:
    return session.run(f"epython {program('from pykdump.API import *' + chr(10) + text)}")


@pytest.mark.parametrize("package", ["pykdump.API", "LinuxDump", "pykdump.Generic", "pykdump.highlevel"])
def test_every_name_is_there(crash_session: CrashSession, program: Program, package: str) -> None:
    path = program(f"from {package} import *\nprint([n for n in {NAMES} if n not in globals()])\n")
    assert crash_session.run(f"epython {path}") == "[]\n"


def test_old_modules_give_the_same_objects(evaluate: Evaluate) -> None:
    assert evaluate(
        "[importlib.import_module('pykdump.' + m).SUInfo is SUInfo for m in ('Generic', 'datatypes', 'lowlevel')]"
    ) == [True, True, True]


@pytest.mark.parametrize("name", ["list_head", "qstr", "rb_node", "path", "wait_queue_head", "hlist_node"])
def test_a_struct_is_shown_as_crash_shows_it(crash_session: CrashSession, program: Program, name: str) -> None:
    ours = run(crash_session, program, f"print(SUInfo('struct {name}').fullstr())")
    theirs = crash_session.run(f"struct -o {name}").rstrip("\n") + "\n"
    if "{\n" in theirs.partition("{\n")[2]:  # anonymous members: ours are promoted
        assert ours.splitlines()[-1] == theirs.splitlines()[-1]
        assert set(re.findall(r"\[\d+\]", ours)) >= set(re.findall(r"\[\d+\]", theirs)) - {"[0]"}
    else:
        assert ours == theirs


def test_struct_info(evaluate: Evaluate) -> None:
    assert evaluate(
        "(lambda i: [i.comm.offset == member_offset('struct task_struct', 'comm'), i['comm'].size,"
        " i.PYT_size == i.size,"
        " i.getFnames() == i.PYT_body == list(i), i is getStructInfo('struct task_struct'),"
        " readSymbol('init_task').PYT_sinfo is i])(getStructInfo('struct task_struct'))"
    ) == [True, 16, True, True, True, True]
    assert evaluate("[SUInfo('struct list_head').next.ctype, 'no' in SUInfo('struct list_head')]") == [
        "struct list_head *", False,
    ]  # fmt: skip


def test_an_artificial_struct_is_laid_out_like_the_real_one(evaluate: Evaluate) -> None:
    assert evaluate(
        "(lambda a, r: [[a.append(v.ctype, n) for n, v in r.items()] and 0, a.size == r.size,"
        " [v.offset for v in a.values()] == [v.offset for v in r.values()]])"
        "(ArtStructInfo('struct mine'), SUInfo('struct wait_queue_entry'))"
    ) == [0, True, True]
    assert evaluate(
        "(lambda a: [a.append('char', 'c'), a.inline(SUInfo('struct list_head')), a.append('char [3]', 'z'),"
        " [(n, v.offset) for n, v in a.items()], a.size])(ArtStructInfo('struct mine'))"
    ) == [None, None, None, [["c", 0], ["next", 8], ["prev", 16], ["z", 24]], 32]


@pytest.mark.parametrize("name", ["vfs_read", "do_exit", "kfree", "schedule"])
def test_arguments_of_functions_equal_those_of_whatis(
    crash_session: CrashSession, evaluate: Evaluate, name: str
) -> None:
    expected = re.search(r"\((.*)\);", crash_session.run(f"whatis {name}"))
    assert expected is not None
    theirs = [] if expected[1] == "void" else expected[1].split(", ")
    assert [a.replace("const ", "") for a in evaluate(f"funcargs('{name}')")] == [
        t.replace("const ", "") for t in theirs
    ]
    assert evaluate("[funcargs('jiffies'), funcargs('no_such_function')]") == [None, None]


def test_attributes_of_structs(crash_session: CrashSession, program: Program) -> None:
    output = run(
        crash_session, program,
        "t = readSymbol('init_task')\n"
        "print(structSetAttr('struct task_struct', 'Leader', ['none.x', 'signal.none', 'group_leader.comm', 'comm']))\n"
        "print(t.Leader, structSetAttr('struct task_struct', 'Nothing', ['none', 'mm.none']), t.hasField('Nothing'))\n"
        "print(structSetAttr('struct nonesuch', 'X', ['a']), structSetProcAttr('struct nonesuch', 'X', id))\n"
        "print(structSetProcAttr('struct task_struct', 'Twice', lambda s: s.pid * 2), t.Twice)\n"
        "a = AttrSetter('struct sock', 'struct inet_sock')\n"
        "a.Family = ['nonesuch', 'SKC.skc_family']\na.No = ['nonesuch']\na.Seven = ['nonesuch', lambda s: 7]\n"
        "print(a.Family, a.No, a.Seven)\n"
        "print(structSetAttr('struct sock', 'Cookie', 'sk_type', ['struct tcp_sock', 'struct nonesuch']))\n"
        "try:\n    t.Nothing\nexcept KeyError:\n    print('KeyError')\n"
        "purge_typeinfo()\nprint(readSymbol('init_task').Twice)\n",
    )  # fmt: skip
    assert output.splitlines() == [
        "True", "swapper/0 False False", "False False", "True 0", "True False True", "True", "KeyError", "0",
    ]  # fmt: skip


def test_select_takes_what_fits(crash_session: CrashSession, program: Program) -> None:
    output = run(
        crash_session, program,
        "count = 0\n"
        "def probe(x):\n    global count\n    count += 1\n    return x.none\n"
        "def f(s):\n    return PY_select('probe(s)', 's.comm', 's.pid')\n"
        "t = readSymbol('init_task')\nprint(f(t), f(t), count)\nPY_select_purge()\nprint(f(t), count)\n"
        "try:\n    PY_select('t.none', 'nonesuch')\nexcept TypeError as e:\n    print('nonesuch' in str(e))\n",
    )  # fmt: skip
    assert output == "swapper/0 swapper/0 1\nswapper/0 2\nTrue\n"


def test_commands_in_the_background(crash_session: CrashSession, program: Program) -> None:
    output = run(
        crash_session, program,
        "for c in ('sym jiffies', 'ps', 'foreach bt', 'struct task_struct'):\n"
        "    print(exec_crash_command_bg(c) == exec_crash_command(c))\n"
        "print(repr(exec_crash_command_bg('!echo first; sleep 60', 1)))\n"
        "print(repr(exec_crash_command_bg('struct no_such_struct')))\n"
        "fd, pid = exec_crash_command_bg2('sym jiffies')\n"
        "text = os.read(fd, 4096).decode()\nprint(text == exec_crash_command('sym jiffies'), os.waitpid(pid, 0)[1])\n"
        "print(exec_crash_command('sys') != '', len(readmem(sym2addr('init_task'), 4096)))\n",
    )  # fmt: skip
    lines = output.splitlines()
    assert lines[:4] == ["True"] * 4
    assert "+++WARNING+++ <!echo first; sleep 60> was stopped after 1 s (timeout)" in lines
    assert "+++WARNING+++ <struct no_such_struct> failed: exit status 1" in lines
    assert "True 0" in lines
    assert "True 4096" in lines
    assert output.endswith("(timeout)\n+++WARNING+++ <struct no_such_struct> failed: exit status 1\n")


def test_ctrl_c_ends_a_command_in_the_background(crash_session: CrashSession, program: Program) -> None:
    path = program("from pykdump.API import *\nprint('started', flush=True)\nexec_crash_command_bg('!sleep 60', 60)\n")
    for attempt in range(10):
        marker = crash_session.send(f"epython {path}")
        crash_session.read_until("started")
        time.sleep(attempt / 1000)  # before, at and after the fork
        crash_session.interrupt()
        assert "Interrupted." in crash_session.read_until(marker)
    assert crash_session.run('epython -c "print(6 * 7)"') == "42\n"


def test_modules_equal_those_of_mod(crash_session: CrashSession, evaluate: Evaluate) -> None:
    theirs = {line.split()[1] for line in crash_session.run("mod").splitlines() if line.startswith("ffff")}
    ours = evaluate("lsModules()")
    assert theirs
    assert set(ours) == theirs
    assert evaluate("loadModule('no_such_module')") is False
    assert evaluate("possibleModuleNames('/proc/self/fd', 'nfs')") == []


def test_debuginfo_of_a_module_is_loaded(variant: Variant, run_crash: Callable[..., Result], vmcore: Vmcore) -> None:
    """In a new crash, because the other tests need modules without debuginfo."""
    if not (vmcore.vmlinux.parent / "modules" / "mpyk_testmod.ko").is_file():
        pytest.skip("the test module could not be built for this kernel")
    program = "from pykdump.API import *; print('loaded', loadModule('mpyk_testmod'))"
    result = run_crash(variant, [f"extend {variant.extension}", f'epython -c "{program}"', "mod"])
    assert "loaded True\n" in result.stdout
    assert re.search(r" mpyk_testmod .*/mpyk_testmod\.ko", result.stdout)


def test_namespaces(evaluate: Evaluate) -> None:
    assert evaluate(
        "[get_nsproxy() == readSymbol('init_task').nsproxy, set_nsproxy(1),"
        " get_nsproxy() == readSU('struct task_struct', pid_to_task(1)).nsproxy, set_nsproxy(),"
        " get_nsproxy() == sym2addr('init_nsproxy')]"
    ) == [True, None, True, None, True]


def test_the_rest(crash_session: CrashSession, program: Program) -> None:
    output = run(
        crash_session, program,
        "old = setListMaxel(3)\nprint(old, len(readList(sym2addr('modules'), warn=False)), setListMaxel(old))\n"
        "registerModuleAttr('knob', 'my.knob', default=5)\nprint(knob, getCurrentModule().__name__)\n"
        "require_cmod_version('3.0.0')\nprintObject(readSU('struct list_head', sym2addr('modules')))\n"
        "require_cmod_version('99.0')\nprint('not reached')\n",
    )  # fmt: skip
    lines = output.splitlines()
    assert lines[:2] == ["10000 3 3", "5 __main__"]
    assert "next = 0x" in output
    assert "99.0" in lines[-1]
    assert "not reached" not in output
