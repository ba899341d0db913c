# SPDX-License-Identifier: GPL-3.0-or-later
"""The prompt of ``epython``: it reads statements one by one, on a terminal with crash's own readline.

If stdin is not a terminal, the lines after `epython` are the statements, up to exit() or the end of the input.
"""

from __future__ import annotations

import builtins
import codeop
import io
import linecache
import sys

import crash

from pykdump.runtime import history, leave
from pykdump.runtime.line_editor import LineEditor, editor_of_prompt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

    Completer = Callable[[str, str], tuple[list[str], str, str]]

PS1, PS2 = ">>> ", "... "
LINE_WIDTH = 100
LONG_COLLECTION = 2000
_LAST = ("last_exc", "last_type", "last_value", "last_traceback")
_HELP = """\
Python inside crash: every name of pykdump.API is here, _ is the last value.
The Tab key completes names, members, and in strings symbols, types and crash commands.
help(readSU) describes a function; exit() or Ctrl-D returns to crash, Ctrl-C stops what runs."""


class _Help:
    """``help(object)``, without a pager."""

    def __call__(self, *objects: object) -> None:
        if not objects:
            print(_HELP)
            return
        import pydoc

        for thing in objects:
            print(pydoc.plain(pydoc.render_doc(thing)))

    def __repr__(self) -> str:
        return _HELP


class _CrashInput(io.TextIOBase):
    """``sys.stdin`` if it is not a terminal. The lines come from crash, because crash has read ahead."""

    def readline(self, _size: int = -1) -> str:  # type: ignore[override]
        line = LineEditor()._read("", None)
        return "" if line is None else line + "\n"

    def readable(self) -> bool:
        return True


class Session:
    """A prompt in ``namespace``. ``report(error)`` prints the traceback of a statement."""

    def __init__(self, namespace: dict[str, Any], report: Callable[[BaseException], object]) -> None:
        self.namespace = namespace
        self._report = report
        self._pending: list[str] = []
        self._compile = codeop.CommandCompiler()
        self._count = 0
        self._complete: Completer | None = None
        self._editor = LineEditor()
        self._streams = (sys.stdin, sys.stdout, sys.stderr)

    def run(self, edited: bool) -> None:
        """Read and run statements until the end of the input. exit() raises SystemExit."""
        if edited:
            from pykdump.runtime.completer import Completer

            self._complete = Completer(self.namespace)
            history.load()
            self._editor = editor_of_prompt(history.lines)
        while True:
            try:
                if not self._step():
                    return
            except KeyboardInterrupt:
                self._pending.clear()
                print("\nKeyboardInterrupt")

    def _step(self) -> bool:
        """Read and run one line; return False at the end of the input."""
        if not self._output_works():
            return False
        line = self._editor._read(str(sys.ps2 if self._pending else sys.ps1), self._complete)
        if line is None:
            self._flush_pending()
            if self._complete is not None:
                print()
            return False
        self._feed_lines(line.split("\n"))
        return True

    def _feed_lines(self, lines: list[str]) -> None:
        """Run one line, or several lines that were pasted together: there an empty line does not end a block."""
        for index, line in enumerate(lines):
            following = next((other for other in lines[index + 1 :] if other.strip()), "")
            if not line.strip() and following[:1] in (" ", "\t") and self._would_end():
                continue
            if self._complete is not None:
                history.add(line)
            self.feed(line)

    def _output_works(self) -> bool:
        """Return whether the output still has a reader; restore streams that a statement may have closed."""
        try:
            sys.stdout.write("")
            sys.stdout.flush()
        except OSError:
            return False
        except (ValueError, AttributeError):
            sys.stdin, sys.stdout, sys.stderr = self._streams
        return True

    def feed(self, line: str) -> None:
        """Add one line; run the statement if it is complete."""
        if not self._pending and line.strip() in leave.WORDS:
            raise SystemExit
        try:
            code = self._compiled([*self._pending, line])
        except (SyntaxError, ValueError, OverflowError) as error:
            if self._pending and line[:1] not in ("", " ", "\t") and self._flush_pending():
                self.feed(line)
                return
            plain = _plain_error("\n".join([*self._pending, line]), error)
            self._pending.clear()
            plain.__traceback__ = plain.__context__ = None
            self._failed(plain)
            return
        self._pending.append(line)
        if code is not None:
            self._pending.clear()
            self._run(code)

    def _would_end(self) -> bool:
        """Return whether an empty line would complete the open block."""
        try:
            return (
                bool(self._pending) and self._compile("\n".join([*self._pending, "", ""]), symbol="single") is not None
            )
        except (SyntaxError, ValueError, OverflowError):
            return False

    def _flush_pending(self) -> bool:
        """Run the open block although no empty line follows it; return False if it is not complete."""
        code = self._compiled([*self._pending, "", ""]) if self._would_end() else None
        if code is None:
            return False
        self._pending.clear()
        self._run(code)
        return True

    def _compiled(self, lines: list[str]) -> CodeType | None:
        """Compile a statement; return None if more lines are needed. Tracebacks find the lines in linecache."""
        name = f"<input-{self._count + 1}>"
        code = self._compile("\n".join(lines), name, "single")
        if code is not None:
            self._count += 1
            # linecache.checkcache() keeps an entry without mtime.
            linecache.cache[name] = (1, None, [line + "\n" for line in lines], name)
        return code

    def _run(self, code: CodeType) -> None:
        try:
            exec(code, self.namespace)
        except SystemExit:
            raise
        except BaseException as error:  # noqa: BLE001 - the prompt goes on after Ctrl-C and any exception
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        remember(error)
        self._report(error)


def _plain_error(source: str, error: Exception) -> Exception:
    """Return the exception of Python itself: codeop of 3.11 says "incomplete input" for other mistakes too."""
    try:
        compile(source + "\n", getattr(error, "filename", None) or "<input>", "single", dont_inherit=True)
    except (SyntaxError, ValueError, OverflowError) as plain:
        return plain
    return error


def remember(error: BaseException) -> None:
    """Set ``sys.last_exc`` and its older names, as Python's own prompt does."""
    for name, value in zip(_LAST, (error, type(error), error, error.__traceback__)):
        setattr(sys, name, value)


def display(value: object) -> None:
    """``sys.displayhook``: print a value, a long collection with one element on a line; keep the value as ``_``."""
    if value is None:
        return
    builtins._ = None  # type: ignore[attr-defined]
    text = repr(value)
    if len(text) > LINE_WIDTH and isinstance(value, (list, tuple, dict, set)) and len(value) <= LONG_COLLECTION:
        import pprint

        text = pprint.pformat(value, width=LINE_WIDTH, sort_dicts=False)
    print(text)
    builtins._ = value  # type: ignore[attr-defined]


def interact(
    namespace: dict[str, Any], report: Callable[[BaseException], object], failed: BaseException | None = None
) -> int:
    """Run a prompt in ``namespace`` until the user leaves it; exit() raises SystemExit.

    ``failed`` is the exception that ended the program before.
    """
    edited, greets = crash._repl_begin()
    _add_api(namespace)
    if greets:
        version = sys.version.partition(" ")[0]
        print(f"Python {version} in crash {crash.Crash_run}: help() says more, exit() or Ctrl-D returns to crash.")
    before = _SavedState()
    sys.displayhook, sys.ps1, sys.ps2 = display, PS1, PS2
    if failed is not None:
        remember(failed)
    if not edited and not sys.stdin.isatty():
        sys.stdin = _CrashInput()
    try:
        Session(namespace, report).run(edited)
    finally:
        before.restore()
    return 0


class _SavedState:
    """The state that a prompt changes, or that keeps the user's objects alive. A prompt may run inside another one."""

    def __init__(self) -> None:
        names = [(sys, name) for name in ("displayhook", "stdin", "ps1", "ps2", *_LAST)]
        self._before = [(owner, name, getattr(owner, name, self)) for owner, name in [*names, (builtins, "_")]]
        self._lines = set(linecache.cache)

    def restore(self) -> None:
        for owner, name, value in self._before:
            if value is not self:
                setattr(owner, name, value)
            elif hasattr(owner, name):
                delattr(owner, name)
        for name in [name for name in linecache.cache if name.startswith("<input-") and name not in self._lines]:
            del linecache.cache[name]


def _add_api(namespace: dict[str, Any]) -> None:
    """Add the names of the API and help() to a namespace; names that a program has defined stay."""
    from pykdump import API

    public = {name: value for name, value in vars(API).items() if not name.startswith("_")}
    for name, value in {"help": _Help(), **public}.items():
        namespace.setdefault(name, value)
