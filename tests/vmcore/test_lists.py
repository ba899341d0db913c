# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of the real kernel: modules and tasks."""

from __future__ import annotations

import json

from support.session import CrashSession
from support.truth import Truth

HEADER = "import json; from pykdump.API import *; "


def run(session: CrashSession, expression: str) -> object:
    return json.loads(session.run(f'epython -c "{HEADER}print(json.dumps({expression}))"'))


def test_modules_equal_proc_modules(crash_session: CrashSession, truth: Truth) -> None:
    assert truth.modules
    head = "sym2addr('modules')"
    by_head = f"[str(m.name) for m in readSUListFromHead({head}, 'list', 'struct module')]"
    assert run(crash_session, by_head) == list(truth.modules)
    assert run(crash_session, f"[str(m.name) for m in ListHead({head}, 'struct module').list]") == list(truth.modules)
    by_container = f"[str(container_of(a, 'struct module', 'list').name) for a in readListByHead({head})]"
    assert run(crash_session, by_container) == list(truth.modules)
    assert run(crash_session, f"getListSize({head}, 0, 10000)") == len(truth.modules)


def test_modules_equal_mod(crash_session: CrashSession) -> None:
    recorded = [line.split() for line in crash_session.run("mod").splitlines()[1:]]
    ours = run(
        crash_session,
        "[['%x' % m, str(m.name)] for m in readSUListFromHead(sym2addr('modules'), 'list', 'struct module')]",
    )
    assert sorted(ours) == sorted([words[0], words[1]] for words in recorded)  # type: ignore[call-overload]


def test_processes_from_the_symbol_of_the_first(crash_session: CrashSession, truth: Truth) -> None:
    pids = run(crash_session, "[t.pid for t in readSUListFromHead('init_task', 'tasks', 'struct task_struct')]")
    assert isinstance(pids, list)
    leaders = {task.pid for task in truth.tasks if task.leader and not task.worker}
    assert leaders <= set(pids)


def test_children_of_init(crash_session: CrashSession, truth: Truth) -> None:
    init = "readSU('struct task_struct', pid_to_task(1))"
    children = f"readSUListFromHead(Addr({init}, 'children'), 'sibling', 'struct task_struct')"
    pids = run(crash_session, f"[c.pid for c in {children}]")
    expected = {task.pid for task in truth.tasks if task.leader and task.ppid == 1}
    assert set(pids) == expected  # type: ignore[call-overload]


def test_a_walk_that_is_bounded(crash_session: CrashSession) -> None:
    output = crash_session.run(
        f"epython -c \"{HEADER}print(len(readSUListFromHead('init_task', 'tasks', 'struct task_struct', maxel=7)))\""
    )
    assert output.count("7 elements") == 2, "reported at once and in the summary"
    assert "\n7\n" in output


def test_filesystems_by_their_next_pointer(crash_session: CrashSession, truth: Truth) -> None:
    names = run(crash_session, "[str(f.name) for f in readStructNext(readSymbol('file_systems'), 'next')]")
    assert names == [line.split()[-1] for line in truth.lines("proc/filesystems")]
