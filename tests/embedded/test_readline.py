# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``readline`` inside crash: what a program sets works for its input(), and crash's prompt is as before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.session import CrashSession, Variant, Vmcore
from support.terminal import CTRL_C, CTRL_D, PROMPT, TAB, UP, Terminal

PS1, BACKSPACE, CTRL_A, CTRL_T, CTRL_X = ">>> ", "\x7f", "\x01", "\x14", "\x18"
Program = Callable[..., str]


@pytest.fixture(scope="module")
def opened(variant: Variant, vmcore: Vmcore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    home = str(tmp_path_factory.mktemp("home"))
    Path(home, ".inputrc").write_text('set keymap vi-insert\n"\\C-xm": "eval 19"\n')
    with Terminal(variant, vmcore, env={"XDG_STATE_HOME": home, "HOME": home}) as terminal:
        yield terminal


@pytest.fixture
def start(opened: Terminal, program: Program) -> Iterator[Callable[[str], Terminal]]:
    """``start(text)``: start a program and wait for its first ``? ``. At the end crash must be as before."""

    def begin(text: str) -> Terminal:
        opened.type(f"epython {program(text)}\n")
        opened.expect("\n? ")
        return opened

    yield begin
    crash_is_as_before(opened)


def answer(terminal: Terminal, prompt: str = PROMPT) -> str:
    """Return what a program printed before the next ``prompt``, without the line with the times."""
    return terminal.expect("\n" + prompt).partition("\n\n ** ")[0]


def crash_is_as_before(terminal: Terminal) -> None:
    """Its completion and its history; a key that a program has bound has no effect.

    crash edits in the mode vi unless its user has set another one.
    """
    terminal.type("sym tcp_hashi" + TAB + "\n")
    assert "tcp_hashinfo" in terminal.expect("\n" + PROMPT).partition("\n")[2]
    terminal.run("eval 17")
    terminal.type(UP + "\n")
    assert "hexadecimal: 11" in terminal.expect("\n" + PROMPT)
    history = terminal.run("h")
    assert "eval 17" in history
    assert "typed" not in history
    terminal.type(CTRL_X + "m\n")  # a macro of crash's user
    assert "hexadecimal: 13" in terminal.expect("\n" + PROMPT)
    terminal.type(CTRL_T + "eval 18\n")  # swaps two characters, if there are two
    assert "hexadecimal: 12" in terminal.expect("\n" + PROMPT)


def test_lines_of_input_are_edited_and_remembered(start: Callable[[str], Terminal]) -> None:
    terminal = start("import readline\nfor _ in range(3): print('got', repr(input('? ')))")
    assert terminal.enter("typed one", "? ") == "got 'typed one'"
    terminal.type(UP + BACKSPACE * 3 + "two\n")
    assert answer(terminal, "? ").endswith("got 'typed two'")
    terminal.type(UP + UP + "\n")
    assert answer(terminal).endswith("got 'typed one'")


def test_history_of_a_file(start: Callable[[str], Terminal], tmp_path: Path) -> None:
    file = tmp_path / "history"
    file.write_text("typed before\nthe last\n")
    terminal = start(
        f"import readline\nreadline.read_history_file({str(file)!r})\nprint('got', repr(input('? ')))\n"
        f"readline.write_history_file({str(file)!r})\nreadline.clear_history()\nprint('got', repr(input('? ')))"
    )
    terminal.type(UP + UP + "\n")
    assert answer(terminal, "? ").endswith("got 'typed before'")
    assert file.read_text() == "typed before\nthe last\ntyped before\n"
    terminal.type(UP + "typed\n")
    assert answer(terminal).endswith("got 'typed'")


def test_completion(start: Callable[[str], Terminal]) -> None:
    terminal = start(
        "import readline\nwords = ['alpha', 'beta-1', 'beta-2']\nseen = []\n"
        "def complete(text, state):\n"
        "    seen[:] = [readline.get_line_buffer(), readline.get_begidx(), readline.get_endidx()]\n"
        "    return ([w for w in words if w.startswith(text)] + [None])[state]\n"
        "readline.set_completer(complete)\nreadline.set_completer_delims(' ')\n"
        "readline.parse_and_bind('tab: complete')\n"
        "while True:\n    line = input('? ')\n    print('got', repr(line), seen)\n    if line == 'end': break"
    )
    terminal.type("typed al" + TAB + "\n")
    assert answer(terminal, "? ").endswith("got 'typed alpha' ['typed al', 6, 8]")
    terminal.type("beta" + TAB * 3)
    assert terminal.expect("? beta-").split()[-2:] == ["beta-1", "beta-2"]
    terminal.type("2\n")
    assert "got 'beta-2'" in terminal.expect("\n? ")
    terminal.run("end")


def test_completion_of_file_names_without_a_completer(start: Callable[[str], Terminal], tmp_path: Path) -> None:
    (tmp_path / "a_long_name").write_text("")
    terminal = start("import readline\nreadline.set_completer_delims(' ')\nprint('got', repr(input('? ')))")
    terminal.type(f"{tmp_path}/a_lo{TAB}\n")
    assert f"{tmp_path}/a_long_name" in terminal.expect("\n" + PROMPT).partition("got")[2]


def test_matches_are_shown_by_the_program(start: Callable[[str], Terminal]) -> None:
    terminal = start(
        "import readline\n"
        "def show(text, matches, longest):\n"
        "    print('\\nshown', text, matches, longest)\n    readline.redisplay()\n"
        "readline.set_completer(lambda text, state: ['typed1', 'typed22', None][state])\n"
        "readline.set_completion_display_matches_hook(show)\nprint('got', repr(input('? ')))"
    )
    terminal.type("t" + TAB * 3)
    terminal.expect("shown typed ['typed1', 'typed22'] 7")
    terminal.type("\n")
    assert answer(terminal).endswith("got 'typed'")


def test_hooks(start: Callable[[str], Terminal]) -> None:
    terminal = start(
        "import readline\nreadline.set_startup_hook(lambda: readline.insert_text('typed first '))\n"
        "readline.set_pre_input_hook(lambda: (readline.insert_text('typed second '), readline.redisplay()))\n"
        "print('got', repr(input('? ')))\nreadline.set_startup_hook()\nreadline.set_pre_input_hook()\n"
        "print('got', repr(input('? ')))"
    )
    terminal.expect("typed first typed second ")
    terminal.type("typed third\n")
    assert answer(terminal, "? ").endswith("got 'typed first typed second typed third'")
    terminal.type("typed\n")
    assert answer(terminal).endswith("got 'typed'")


def test_a_hook_and_a_completer_that_fail_cost_nothing(start: Callable[[str], Terminal]) -> None:
    terminal = start(
        "import readline\nreadline.set_startup_hook(lambda: 1 / 0)\nreadline.set_completer(lambda t, s: 1 / 0)\n"
        "print('got', repr(input('? ')))"
    )
    terminal.type("typ" + TAB + "ed\n")
    assert answer(terminal).endswith("got 'typed'")


def test_bindings_and_settings_end_with_the_program(start: Callable[[str], Terminal], tmp_path: Path) -> None:
    lines = ["$if mode=emacs", '"\\C-t": "wrong"', "$else", '"\\C-xy": "typed y"', '"\\C-xm": "typed m"']
    (tmp_path / "inputrc").write_text("\n".join(lines))
    terminal = start(
        'import readline\nreadline.parse_and_bind(\'"\\\\C-t": "typed text"\')\n'
        f"readline.read_init_file({str(tmp_path / 'inputrc')!r})\n"
        "print('got', repr(input('? ')))\nreadline.parse_and_bind('set editing-mode emacs')\n"
        "print('got', repr(input('? ')))"
    )
    terminal.type(CTRL_T + " " + CTRL_X + "y" + CTRL_X + "m\n")
    assert answer(terminal, "? ").endswith("got 'typed text typed ytyped m'")
    terminal.type("typed" + CTRL_A + "not \n")
    assert answer(terminal).endswith("got 'not typed'")


def test_many_lines_with_bindings_lose_no_memory(opened: Terminal, program: Program) -> None:
    """And macros of crash's user survive: each reading restores all keymaps."""
    path = program(
        "import readline, os\n"
        "def size(): return int(open('/proc/self/statm').read().split()[1]) * 4096\n"
        'readline.parse_and_bind(\'"\\\\C-xq\\\\C-xq\\\\C-xq": "macro"\')\n'
        "readline.parse_and_bind('set completion-ignore-case on')\n"
        "for i in range(50): readline.parse_and_bind('tab: complete')\n"
        "before = size()\n"
        'line = \'"\\\\C-xq": "macro"\'\n'
        "for i in range(3000):\n    readline.parse_and_bind(line)\n    readline._editor._bindings._lines.pop()\n"
        "print('grown', (size() - before) // 1000000)\n"
    )
    opened.type(f"epython {path}\n")
    assert answer(opened).endswith("grown 0")
    crash_is_as_before(opened)


def test_ctrl_c_and_ctrl_d(start: Callable[[str], Terminal]) -> None:
    terminal = start(
        "import readline\nfor _ in range(3):\n    try: print('got', repr(input('? ')))\n"
        "    except (KeyboardInterrupt, EOFError) as e: print('\\nended', type(e).__name__)"
    )
    terminal.type("typed" + CTRL_C)
    terminal.expect("ended KeyboardInterrupt\n? ")
    terminal.type(CTRL_D)
    terminal.expect("ended EOFError\n? ")
    terminal.type("typed on\n")
    assert answer(terminal).endswith("got 'typed on'")


def test_ctrl_c_ends_the_program(start: Callable[[str], Terminal]) -> None:
    terminal = start("import readline\ninput('? ')")
    terminal.type("typed" + CTRL_C)
    assert "Interrupted." in answer(terminal)


def test_programs_without_readline_read_as_before(start: Callable[[str], Terminal]) -> None:
    terminal = start("print('got', repr(input('? ')))")
    terminal.type("typed" + UP + "\n")
    assert answer(terminal).endswith("got 'typed\\x1b[A'")


def test_loops_of_the_standard_library(start: Callable[[str], Terminal]) -> None:
    """cmd completes the names of its commands."""
    terminal = start(
        "import cmd\nclass Loop(cmd.Cmd):\n    prompt = '? '\n    def do_hello(self, line): print('hello', line)\n"
        "    def do_end(self, line): return True\nLoop().cmdloop()"
    )
    terminal.type("hell" + TAB + "\n")
    assert "hello" in terminal.expect("\n? ").partition("\n")[2]
    terminal.run("end")


def test_at_the_prompt(opened: Terminal) -> None:
    """The module has the prompt's history; the prompt's own completion stays."""
    opened.enter("epython", PS1)
    opened.enter("'typed line'", PS1)
    opened.enter("import readline, rlcompleter", PS1)
    assert (
        opened.enter("readline.get_history_item(readline.get_current_history_length() - 2)", PS1) == "\"'typed line'\""
    )
    opened.enter("readline.parse_and_bind('tab: complete')", PS1)
    opened.type("readSymb" + TAB + "'init_task').comm\n")
    assert opened.expect("\n" + PS1).endswith("'swapper/0'")
    opened.type("input('? ')\n")
    opened.expect("\n? ")
    assert opened.enter("typed", PS1) == "'typed'"
    opened.type(CTRL_D)
    opened.expect(PROMPT)
    crash_is_as_before(opened)


def test_without_a_terminal(crash_session: CrashSession, program: Program) -> None:
    """The functions work, and input() reads the lines after the command, as in a program without the module."""
    path = program(
        "import readline\nreadline.set_completer(len)\nreadline.parse_and_bind('tab: complete')\n"
        "readline.insert_text('x')\nreadline.redisplay()\nreadline.add_history('line')\n"
        "print(readline.get_history_item(1), repr(readline.get_line_buffer()))\n"
    )
    assert crash_session.run(f"epython {path}") == "line ''\n"


def test_rlcompleter_works_in_each_program(crash_session: CrashSession, program: Program) -> None:
    path = program("import readline, rlcompleter\nprint(readline.get_completer()('prin', 0))")
    assert [crash_session.run(f"epython {path}").partition("(")[0] for _ in range(2)] == ["print", "print"]
