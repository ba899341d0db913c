# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``readline`` of programs: input() edits its lines with crash's own readline, as at the prompt.

A program that imports ``readline`` gets an editor of its own: a history that is empty at first, a completer, hooks and
key bindings. They are in crash's readline only while one line is read, so crash's prompt keeps its own, and they end
with the program. Other programs read lines as before. At the prompt of `epython`, the module has the prompt's history;
the prompt's own completion stays.

Lines are edited if stdin and the output are a terminal. They are not if the output goes to a pipe, to a file or to
crash's pager (`set scroll off` ends that one). All functions work then too, but the user cannot see their effect.
"""

from __future__ import annotations

import os
import sys

import crash

from pykdump.runtime.key_bindings import KeyBindings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, AnyStr

    Matches = tuple[list[str], str, str]
    Complete = Callable[[str, str], Matches]
    TextCompleter = Callable[[str, int], str | None]
    Hook = Callable[[], object]
    ShowMatches = Callable[[str, list[str], int], object]
    File = str | bytes | os.PathLike[str] | os.PathLike[bytes]

MODULE = "readline"
# The initial value that CPython documents.
DELIMITERS = " \t\n`~!@#$%^&*()-=+[{]}\\|;:'\",<>/?"
# The prompt completes each member of a path a.b.c.
PROMPT_DELIMITERS = DELIMITERS + "."
DEFAULT_HISTORY = "~/.history"
DEFAULT_BINDINGS = "~/.inputrc"
# A completer that never returns None would be asked for ever.
MATCHES_MAX = 100_000


class LineEditor:
    """The state of the module ``readline`` in one program. Its public methods are the functions of the module."""

    backend = "readline"

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._bindings = KeyBindings()
        self._completer: TextCompleter | None = None
        self._delimiters = DELIMITERS
        self._word = (0, 0)
        self._show: ShowMatches | None = None
        self._startup: Hook | None = None
        self._before_input: Hook | None = None
        self._file_length = -1
        self._auto_history = True

    def _use_history(self, lines: list[str]) -> None:
        """Work on the history of the prompt."""
        self._lines = lines

    # ---- reading ----

    def _input(self, prompt: str) -> str | None:
        """Read a line for input(); None at the end of the input."""
        line = self._read(prompt, None if self._completer is None else self._complete, self._delimiters)
        if line and self._auto_history and self._lines[-1:] != [line]:
            self._lines.append(line)
        return line

    def _read(self, prompt: str, complete: Complete | None, delimiters: str = PROMPT_DELIMITERS) -> str | None:
        """Read a line; without a completer, the Tab key completes names of files."""
        show = None if self._show is None else self._show_matches
        hooks = (self._startup, self._before_input)
        return crash._edit_line(prompt, self._lines, self._bindings.lines(), delimiters, complete, show, *hooks)

    def _complete(self, head: str, word: str) -> Matches:
        """Ask the program's completer for one match after the other. As in CPython, no space follows a match."""
        self._word = (len(head), len(head) + len(word))
        matches: list[str] = []
        while self._completer is not None and len(matches) < MATCHES_MAX:
            match = self._completer(word, len(matches))
            if not isinstance(match, str):
                break
            matches.append(match)
        return matches, "", ""

    def _show_matches(self, matches: list[str], longest: int) -> None:
        if self._show is not None:
            self._show(matches[0], matches[1:], longest)

    # ---- bindings, and the line that is being edited ----

    def parse_and_bind(self, string: str, /) -> None:
        """Obey a line in the syntax of inputrc, for the lines of this program only.

        The colours of the active region and history-size are left as they are.
        """
        self._bindings.add(string)

    def read_init_file(self, filename: str | os.PathLike[str] | None = None, /) -> None:
        """Obey the lines of a file, by default $INPUTRC or ~/.inputrc, for the lines of this program only.

        Raises OSError.
        """
        self._bindings.add_file(os.environ.get("INPUTRC") or DEFAULT_BINDINGS if filename is None else filename)

    def get_line_buffer(self) -> str:
        """Return the line that is being edited; "" if there is none."""
        return crash._edited_line()[0]

    def insert_text(self, string: str, /) -> None:
        """Insert into the line that is being edited. Without such a line, nothing happens."""
        crash._edit_insert(string)

    def redisplay(self) -> None:
        """Show the line that is being edited again. Without such a line, nothing happens."""
        crash._edit_redisplay()

    # ---- files of lines ----

    def read_history_file(self, filename: File | None = None, /) -> None:
        """Add the lines of a file, by default ~/.history, to the history. Raises OSError."""
        with open(_history_path(filename), "rb") as stream:
            text = stream.read().decode("utf-8", "surrogateescape")
        self._lines += [line for line in text.split("\n") if line]

    def write_history_file(self, filename: File | None = None, /) -> None:
        """Write the history into a file, by default ~/.history: its last lines, if set_history_length() set a limit.

        Raises OSError.
        """
        limit = len(self._lines) if self._file_length < 0 else self._file_length
        _write(_history_path(filename), _last(self._lines, limit), os.O_CREAT | os.O_TRUNC)

    def append_history_file(self, nelements: int, filename: File | None = None, /) -> None:
        """Append the last ``nelements`` lines of the history to a file that exists. Raises OSError."""
        if nelements < 0:
            raise ValueError("the number of lines to append is negative")
        path = _history_path(filename)
        _write(path, _last(self._lines, nelements), os.O_APPEND)
        if self._file_length >= 0:
            _keep_last_lines(path, self._file_length)

    def get_history_length(self) -> int:
        """Return how many lines write_history_file() keeps; negative if all."""
        return self._file_length

    def set_history_length(self, length: int, /) -> None:
        """Set how many lines write_history_file() keeps; negative if all."""
        self._file_length = length

    # ---- the history ----

    def clear_history(self) -> None:
        """Forget all lines."""
        del self._lines[:]

    def get_current_history_length(self) -> int:
        """Return the number of lines in the history."""
        return len(self._lines)

    def get_history_item(self, index: int, /) -> str | None:
        """Return the line ``index``, counted from 1; None if there is no such line."""
        return self._lines[index - 1] if 0 < index <= len(self._lines) else None

    def remove_history_item(self, pos: int, /) -> None:
        """Remove the line ``pos``, counted from 0. Raises ValueError."""
        del self._lines[self._checked(pos)]

    def replace_history_item(self, pos: int, line: str, /) -> None:
        """Replace the line ``pos``, counted from 0. Raises ValueError."""
        self._lines[self._checked(pos)] = _text(line)

    def add_history(self, line: str, /) -> None:
        """Append a line."""
        self._lines.append(_text(line))

    def set_auto_history(self, enabled: bool, /) -> None:
        """Set whether input() adds each line that the user enters."""
        self._auto_history = bool(enabled)

    def _checked(self, pos: int) -> int:
        if not 0 <= pos < len(self._lines):
            raise ValueError(f"the history has no line {pos}: it has {len(self._lines)}, counted from 0")
        return pos

    # ---- completion and hooks ----

    def set_completer(self, function: TextCompleter | None = None, /) -> None:
        """Set ``function(text, state)``: it returns match number ``state`` for the word, or None after the last."""
        self._completer = _callable(function)

    def get_completer(self) -> TextCompleter | None:
        """Return the completer."""
        return self._completer

    def get_completion_type(self) -> int:
        """Return readline's code of what the completion is about to do, such as ord("?")."""
        return crash._edited_line()[1]

    def get_begidx(self) -> int:
        """Return where in the line the word that is completed begins."""
        return self._word[0]

    def get_endidx(self) -> int:
        """Return where in the line the word that is completed ends."""
        return self._word[1]

    def set_completer_delims(self, string: str, /) -> None:
        """Set the characters between the words that are completed."""
        self._delimiters = _text(string)

    def get_completer_delims(self) -> str:
        """Return the characters between the words that are completed."""
        return self._delimiters

    def set_completion_display_matches_hook(self, function: ShowMatches | None = None, /) -> None:
        """Set ``function(substitution, matches, longest)``, which shows matches in the place of readline."""
        self._show = _callable(function)

    def set_startup_hook(self, function: Hook | None = None, /) -> None:
        """Set what is called just before the prompt is shown; it may call insert_text()."""
        self._startup = _callable(function)

    def set_pre_input_hook(self, function: Hook | None = None, /) -> None:
        """Set what is called after the prompt is shown and before the first key is read."""
        self._before_input = _callable(function)

    def get_pre_input_hook(self) -> Hook | None:
        """Return the function that set_pre_input_hook() has set."""
        return self._before_input


def _callable(function: Any) -> Any:
    if function is not None and not callable(function):
        raise TypeError(f"a function or None is needed, not {type(function).__name__}")
    return function


def _text(line: str) -> str:
    if not isinstance(line, str):
        raise TypeError(f"a str is needed, not {type(line).__name__}")
    if "\0" in line:
        raise ValueError("the text contains a null character")
    return line


def _last(lines: list[AnyStr], count: int) -> list[AnyStr]:
    return lines[max(0, len(lines) - count) :]


def _history_path(filename: File | None) -> str | bytes:
    return os.path.expanduser(DEFAULT_HISTORY if filename is None else filename)


def _write(path: str | bytes, lines: list[str], flags: int) -> None:
    """Write lines into a file that, as with any readline, only its owner can read when it is new."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC | flags, 0o600)
    with open(descriptor, "wb") as stream:
        stream.write("".join(line + "\n" for line in lines).encode("utf-8", "surrogateescape"))


def _keep_last_lines(path: str | bytes, count: int) -> None:
    with open(path, "rb") as stream:
        lines = stream.read().splitlines(keepends=True)
    with open(path, "wb") as stream:
        stream.writelines(_last(lines, count))


def fill(module: ModuleType) -> None:
    """Make the module ``readline`` of the program that imports it. input() uses it from now on."""
    editor = LineEditor()
    module.__dict__.update({name: getattr(editor, name) for name in dir(editor) if not name.startswith("_")})
    module.__dict__["_editor"] = editor
    module.__doc__ = __doc__
    crash._set_input_reader(editor._input)


def editor_of_prompt(lines: list[str]) -> LineEditor:
    """Return the editor of the prompt, which ``readline`` works on too. ``lines`` is the history of the prompt."""
    __import__(MODULE)
    editor: LineEditor = sys.modules[MODULE].__dict__["_editor"]
    editor._use_history(lines)
    return editor
