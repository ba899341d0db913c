# SPDX-License-Identifier: GPL-3.0-or-later
"""`epython` without a program, on a real terminal and with a pipe for stdin."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.session import COMMAND_SECONDS, CrashSession, Result, Variant, Vmcore
from support.terminal import CTRL_C, CTRL_D, CTRL_Z, PROMPT, TAB, UP, Terminal

PS1, PS2 = ">>> ", "... "
MARK = "%%"
Program = Callable[..., str]


@pytest.fixture(scope="module")
def state_home(variant: Variant, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def opened(variant: Variant, vmcore: Vmcore, state_home: Path) -> Iterator[Terminal]:
    with Terminal(variant, vmcore, env={"XDG_STATE_HOME": str(state_home)}) as terminal:
        yield terminal


def drop_line(terminal: Terminal) -> None:
    """Ctrl-C, and wait for the prompt that follows it: keys that come before it are lost."""
    terminal.type(CTRL_C)
    terminal.expect("KeyboardInterrupt\n" + PS1)


@pytest.fixture
def repl(opened: Terminal) -> Iterator[Terminal]:
    """A REPL just opened; at its end crash must have its prompt back."""
    opened.enter("epython", PS1)
    yield opened
    drop_line(opened)
    opened.type(CTRL_D)
    opened.expect(PROMPT)


@pytest.fixture
def completed(repl: Terminal, state_home: Path) -> Callable[[str], str]:
    """``completed(keys)``: the line that a single Tab makes of ``keys``, as the history has it; it is not run."""

    def press(keys: str) -> str:
        repl.type(keys + TAB + MARK + "\n")
        line, end = "", time.monotonic() + COMMAND_SECONDS
        while not line.endswith(MARK) and time.monotonic() < end:
            time.sleep(0.02)
            line = (state_home / "mpykdump" / "history").read_text().splitlines()[-1]
        (state_home / "mpykdump" / "history").write_text("old\n")
        drop_line(repl)
        return line.removesuffix(MARK)

    return press


# ---- statements ----


def test_values_statements_and_the_last_value(repl: Terminal) -> None:
    assert repl.enter("6 * 7", PS1) == "42"
    assert repl.enter("_ + 1", PS1) == "43"
    assert repl.enter("x = 5", PS1) == ""
    assert repl.enter("None", PS1) == ""
    assert repl.enter("readSymbol('init_task').comm", PS1) == "'swapper/0'"
    assert repl.enter("print('no', 'newline')", PS1) == "no newline"


def test_the_api_is_there_and_structs_are_shown(repl: Terminal, crash_session: CrashSession) -> None:
    address = crash_session.run("sym init_task").split()[0]
    assert repl.enter("readSymbol('init_task')", PS1) == f"<struct task_struct 0x{address}>"
    assert repl.enter("len(exec_crash_command('sys')) > 100", PS1) == "True"


def test_a_statement_of_several_lines(repl: Terminal) -> None:
    assert repl.enter("for i in range(2):", PS2) == ""
    assert repl.enter("    print('i', i)", PS2) == ""
    assert repl.enter("", PS1) == "i 0\ni 1"
    repl.enter("def f(a):", PS2)
    repl.enter("    return a", PS2)
    assert repl.enter("f(3)", PS1) == "3"  # what no block can go on with ends it


def test_a_traceback_shows_the_users_code_only(repl: Terminal) -> None:
    repl.enter("def inner(): return 1 / 0", PS2)
    repl.enter("", PS1)
    output = repl.enter("inner()", PS1)
    assert output.startswith('Traceback (most recent call last):\n  File "<input-')
    assert output.endswith("ZeroDivisionError: division by zero")
    assert output.count("  File ") == 2
    assert "return 1 / 0" in output
    assert repl.enter("sys.last_exc", PS1) == "ZeroDivisionError('division by zero')"
    assert repl.enter("x = = 1", PS1).endswith("SyntaxError: invalid syntax")


# ---- the Tab key ----


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("readSymb", "readSymbol("),
        ("readSymbol('init_task').group_lea", "readSymbol('init_task').group_leader"),
        ("sys.versio", "sys.version"),
        ("t.mm.exe_f", "t.mm.exe_file"),
        ("t.hasF", "t.hasField("),
        ("t.hasField('group_lea", "t.hasField('group_leader'"),
        ("whatis('jiffies_till_first", "whatis('jiffies_till_first_fqs'"),
        ("sym2addr(\"tcp_hashi", "sym2addr(\"tcp_hashinfo\""),
        ("PYKD.tcp_hashi", "PYKD.tcp_hashinfo"),
        ("readSU('struct task_stru", "readSU('struct task_struct"),
        ("readSU('stru", "readSU('struct "),
        ("readSU('struct kmem_cache_no", "readSU('struct kmem_cache_node'"),
        ("member_offset('struct task_struct', 'group_lea", "member_offset('struct task_struct', 'group_leader'"),
        ("member_offset('struct task_struct', 'se.vrunti", "member_offset('struct task_struct', 'se.vruntime'"),
        ("exec_crash_command('runq", "exec_crash_command('runq"),
        ("exec_crash_command('taskinf", "exec_crash_command('taskinfo"),
        ("exec_crash_command('sym tcp_hashi", "exec_crash_command('sym tcp_hashinfo"),
        ("    ", "        "),
        ("no_such_nam", "no_such_nam"),
    ],
)  # fmt: skip
def test_tab(repl: Terminal, completed: Callable[[str], str], keys: str, line: str) -> None:
    repl.enter("t = readSymbol('init_task')", PS1)
    assert completed(keys) == line


def test_tab_twice_lists_members_without_what_all_integers_have(repl: Terminal) -> None:
    repl.enter("l = readSymbol('modules')", PS1)
    repl.type("l." + TAB + TAB)
    listed = repl.expect(PS1 + "l.").split()
    assert {"next", "prev", "Dump(", "castTo("} <= set(listed)
    assert not {"bit_length(", "numerator", "real"} & set(listed)
    drop_line(repl)


def test_a_module_symbol_is_offered(repl: Terminal, crash_session: CrashSession) -> None:
    lines = [line.split() for line in crash_session.run("sym -M").splitlines()]
    name = next(words[2] for words in lines if len(words) > 2 and words[1] in ("(t)", "(d)"))
    assert repl.enter(f"{name!r} in crash._symbol_names({name[:3]!r})", PS1) == "True"


def test_too_many_possibilities_are_counted(repl: Terminal) -> None:
    repl.type("whatis('" + TAB + TAB)
    assert int(repl.expect(" possibilities").split()[-1]) > 100000
    drop_line(repl)


# ---- history ----


def test_history_is_apart_from_that_of_crash(opened: Terminal) -> None:
    opened.run("eval 17")
    opened.enter("epython", PS1)
    opened.enter("'first line'", PS1)
    opened.enter("'second line'", PS1)
    opened.type(UP + UP + "\n")
    assert opened.expect("\n" + PS1).endswith("'first line'")
    opened.type(CTRL_D)
    opened.expect(PROMPT)
    opened.type(UP + UP + "\n")  # `epython` is the last command of crash, `eval 17` the one before
    assert "hexadecimal: 11" in opened.expect("\n" + PROMPT)
    history = opened.run("h")
    assert "eval 17" in history
    assert "second line" not in history
    opened.enter("epython", PS1)
    opened.type(UP + "\n")
    assert opened.expect("\n" + PS1).endswith("'first line'")
    opened.type(CTRL_D)
    opened.expect(PROMPT)


@pytest.mark.long
def test_history_lasts(opened: Terminal, variant: Variant, vmcore: Vmcore, state_home: Path) -> None:
    opened.enter("epython", PS1)
    opened.enter("'to be kept'", PS1)
    assert (state_home / "mpykdump" / "history").read_text().endswith("'to be kept'\n")
    with Terminal(variant, vmcore, env={"XDG_STATE_HOME": str(state_home)}) as second:
        second.enter("epython", PS1)
        second.type(UP + "\n")
        assert second.expect("\n" + PS1).endswith("'to be kept'")
    opened.type(CTRL_D)
    opened.expect(PROMPT)


@pytest.mark.long
def test_no_place_for_the_history_is_no_failure(variant: Variant, vmcore: Vmcore, tmp_path: Path) -> None:
    home = tmp_path / "missing"
    with Terminal(variant, vmcore, env={"HOME": str(home), "XDG_STATE_HOME": ""}) as terminal:
        terminal.enter("epython", PS1)
        assert terminal.enter("1 + 1", PS1) == "2"
        terminal.type(UP + "\n")
        assert terminal.expect("\n" + PS1).endswith("2")
    assert not home.exists()


# ---- Ctrl-C and Ctrl-D ----


def test_ctrl_c_drops_what_was_typed(repl: Terminal) -> None:
    repl.type("half typed")
    repl.expect("half typed")
    repl.type(CTRL_C)
    assert repl.expect("\n" + PS1) == "\nKeyboardInterrupt"
    repl.enter("if True:", PS2)
    repl.type(CTRL_C)
    assert repl.expect("\n" + PS1) == "\nKeyboardInterrupt"
    assert repl.enter("1 + 1", PS1) == "2"


@pytest.mark.parametrize(
    "statement",
    [
        "while True: pass",
        "time.sleep(600)",
        "while True: _ = exec_crash_command('foreach bt')",
        "exec_crash_command('search -k 123456789abcdef')",
        "exec_crash_command('epython -c \"import time; time.sleep(600)\"')",
    ],
)
def test_ctrl_c_stops_what_runs(repl: Terminal, statement: str) -> None:
    """What sleeps would sleep longer than a test waits for an answer."""
    repl.type(f"print('started'); x = 1\n{statement}\n\n")
    repl.expect("\nstarted")
    time.sleep(0.7)
    repl.type(CTRL_C)
    repl.expect("KeyboardInterrupt")
    repl.expect(PS1)
    assert repl.enter("x, 'jiffies' in exec_crash_command('sym jiffies')", PS1) == "(1, True)"


def test_crash_is_as_before(opened: Terminal) -> None:
    """Its completion, its history search, its own Ctrl-C, after a REPL that was left in the middle of things."""
    before = opened.run("!stty -a; grep -i 'sig[cib]' /proc/$PPID/status")
    opened.enter("epython", PS1)
    opened.enter("readSymbol('init_task')", PS1)
    opened.type("half" + CTRL_C)
    opened.expect("\n" + PS1)
    opened.type("while True: pass\n\n")
    time.sleep(0.5)
    opened.type(CTRL_C)
    opened.expect("KeyboardInterrupt")
    opened.expect(PS1)
    opened.type(CTRL_D)
    opened.expect(PROMPT)
    assert opened.run("!stty -a; grep -i 'sig[cib]' /proc/$PPID/status") == before
    opened.type("sym tcp_hashi" + TAB + "\n")
    assert "tcp_hashinfo" in opened.expect("\n" + PROMPT).partition("\n")[2]
    # crash's handler jumps out of any code. A jump out of malloc() may block the next one: interrupt a sleep.
    opened.type("repeat -600 sym jiffies\n")
    opened.expect(") jiffies")
    time.sleep(0.5)
    opened.type(CTRL_C)
    opened.expect(PROMPT)
    assert "LOAD AVERAGE" in opened.run("sys")


@pytest.mark.parametrize("leave", ["exit()", "quit()", "exit", "sys.exit(3)", "raise SystemExit"])
def test_ways_to_leave(opened: Terminal, leave: str) -> None:
    opened.enter("epython", PS1)
    assert opened.run(leave) == ""
    opened.enter("epython", PS1)
    assert "x" in opened.run("exit('x')")
    assert opened.run("epython -c \"import builtins, sys; print(hasattr(builtins, '_'), hasattr(sys, 'ps1'))\"") == (
        "False False"
    )


@pytest.mark.long
def test_the_pager_is_left(variant: Variant, vmcore: Vmcore) -> None:
    """Without -s crash pages what commands print."""
    with Terminal(variant, vmcore, options=()) as terminal:
        assert "returns to crash" in terminal.enter("epython", PS1)
        assert terminal.enter("for i in range(100): print('line', i)\n", PS1).count("\nline") == 100
        terminal.type(CTRL_D)
        terminal.expect(PROMPT)
        assert "--" not in terminal.run("eval 17")


def test_output_to_a_file_and_to_a_pipe(opened: Terminal, tmp_path: Path) -> None:
    opened.enter(f"epython > {tmp_path}/out", PS1)
    assert opened.enter("6 * 7", PS1) == ""
    opened.run("exit()")
    assert (tmp_path / "out").read_text() == "42\n"
    opened.enter("epython | head -1", PS1)
    opened.enter("6 * 7", PS1)
    time.sleep(0.5)
    opened.run("43")  # nobody reads any more: that is the end
    assert "LOAD AVERAGE" in opened.run("sys")


def test_a_prompt_within_a_prompt(opened: Terminal) -> None:
    opened.enter("epython", PS1)
    opened.enter("x = 1", PS1)
    opened.enter("inner = exec_crash_command('epython')", PS1)
    opened.enter("x = 2; print('inside')", PS1)
    opened.type(CTRL_D)
    opened.expect(PS1)
    assert opened.enter("x, inner.strip(), sys.ps1", PS1).strip() == "(1, 'inside', '>>> ')"
    opened.run("exit()")


def test_being_stopped_and_continued(repl: Terminal) -> None:
    repl.type("6 * ")
    repl.expect("6 * ")
    repl.type(CTRL_Z)
    end = time.monotonic() + COMMAND_SECONDS
    while (state := Path(f"/proc/{repl.pid}/stat").read_text().split()[2]) != "T" and time.monotonic() < end:
        time.sleep(0.05)
    assert state == "T"
    os.kill(repl.pid, signal.SIGCONT)
    repl.type("7\n")
    repl.expect("\n42\n")
    repl.expect(PS1)


# ---- -i, and common options ----


def test_after_a_program(opened: Terminal, program: Program) -> None:
    path = program("import sys\nvalue = sys.argv[1:]\nprint('ran')\n")
    assert opened.enter(f"epython -i {path} a b", PS1) == "ran"
    assert opened.enter("value, __name__, __file__ == " + repr(path), PS1) == "(['a', 'b'], '__main__', True)"
    assert opened.enter("readSymbol('init_task').comm", PS1) == "'swapper/0'"
    opened.run("exit()")


def test_after_a_program_that_failed(opened: Terminal, program: Program) -> None:
    path = program("value = 5\ndef f():\n    raise ValueError('on purpose')\nf()\n")
    output = opened.enter(f"epython -i {path}", PS1)
    assert f'File "{path}", line 3, in f' in output
    assert output.endswith("ValueError: on purpose")
    assert "_r" not in output
    assert opened.enter("value, sys.last_exc, sys.last_traceback.tb_lineno", PS1) == "(5, ValueError('on purpose'), 4)"
    opened.run("exit()")


def test_after_code_and_after_a_module(opened: Terminal) -> None:
    opened.enter("epython -i -c 'value = 6'", PS1)
    assert opened.enter("value", PS1) == "6"
    opened.run("exit()")
    assert "January 2024" in opened.enter("epython -i -m calendar 2024 1", PS1)
    opened.run("exit()")
    opened.enter("epython -i -c 'import sys; sys.exit(2)'", PS1)
    assert opened.enter("1", PS1) == "1"
    opened.run("exit()")


def test_common_options(opened: Terminal) -> None:
    opened.enter("epython --debug 2 --maxel 5", PS1)
    assert opened.enter("API_options['debug']", PS1) == "2"
    opened.run("exit()")
    assert opened.run("epython --debug 2 -c 'from pykdump.API import *; print(API_options[\"debug\"])'") == "2"
    assert opened.run("epython --nonsense") == "epython: unknown option --nonsense; try `epython -h`."
    assert opened.run("epython -i no_such_program").startswith("epython: There is no program 'no_such_program'")


# ---- no terminal ----


def test_lines_of_a_pipe_are_statements_up_to_exit(variant: Variant, run_crash: Callable[..., Result]) -> None:
    commands = [f"extend {variant.extension}", "epython", "x = 6", "for i in range(2):", "    print('i', i)", "x * 7",
                "1 / 0", "input() + '!'", "for crash", "exit()", "eval 17"]  # fmt: skip
    result = run_crash(variant, commands)
    shown = result.stdout.partition("shared object loaded\n")[2]
    assert shown.startswith("i 0\ni 1\n42\nTraceback (most recent call last):\n")
    assert "ZeroDivisionError: division by zero\n'for crash!'\n" in shown
    assert "hexadecimal: 11" in shown
    assert result.status == 0


def test_the_end_of_a_pipe_ends_the_last_block(variant: Variant, run_crash: Callable[..., Result]) -> None:
    result = run_crash(
        variant,
        [
            f"extend {variant.extension}",
            "epython",
            "quit = 5",
            "def f(): return 'ran'",
            "if True:",
            "    print(f())\n#",
        ],
    )
    assert "ran\n" in result.stdout


def test_ctrl_c_while_a_pipe_is_silent(variant: Variant, vmcore: Vmcore) -> None:
    """A line that comes right after it is not lost."""
    with CrashSession(variant, vmcore) as session:
        session.write("epython\nprint('begun')\n")
        session.read_until("begun")
        time.sleep(0.5)
        session.interrupt()
        session.write("print('on')\nexit()\n")
        assert "KeyboardInterrupt" in session.read_until("on")
        assert "LOAD AVERAGE" in session.run("sys")
