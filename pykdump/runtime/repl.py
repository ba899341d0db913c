# SPDX-License-Identifier: GPL-3.0-or-later
"""The interactive side of ``epython``: statements are read one by one, with crash's own readline on a terminal.

Where stdin is no terminal, the statements are the lines that follow `epython` there, up to the end or to exit().
"""

from __future__ import annotations

import builtins
import codeop
import io
import linecache
import sys

import crash

from pykdump.runtime import history

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any, NoReturn

    Completer = Callable[[str, str], tuple[list[str], str, str]]

PS1, PS2 = ">>> ", "... "
LINE_WIDTH = 100
LONG_COLLECTION = 2000
_WORDS_TO_LEAVE = ("exit", "quit")
_LAST = ("last_exc", "last_type", "last_value", "last_traceback")
_HELP = """\
Python inside crash: every name of pykdump.API is here, _ is the last value.
The Tab key completes names, members, and in strings symbols, types and crash commands.
help(readSU) describes a function; exit() or Ctrl-D returns to crash, Ctrl-C stops what runs."""


class _Leave:
    """``exit()``; unlike that of the module site, it leaves stdin alone, which is crash's."""

    def __call__(self, code: object = None) -> NoReturn:
        raise SystemExit(code)

    def __repr__(self) -> str:
        return "exit() or Ctrl-D returns to crash"


class _Help:
    """``help(object)`` without a pager."""

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
    """``sys.stdin`` where stdin is no terminal: what crash has read ahead counts, so the lines come through it."""

    def readline(self, _size: int = -1) -> str:  # type: ignore[override]
        line: str | None = crash._repl_read("", None)
        return "" if line is None else line + "\n"

    def readable(self) -> bool:
        return True


class Session:
    """One REPL in ``namespace``; ``report(error)`` prints the traceback of a statement."""

    def __init__(self, namespace: dict[str, Any], report: Callable[[BaseException], object]) -> None:
        self.namespace = namespace
        self._report = report
        self._pending: list[str] = []
        self._compile = codeop.CommandCompiler()
        self._count = 0
        self._complete: Completer | None = None
        self._streams = (sys.stdin, sys.stdout, sys.stderr)

    def run(self, edited: bool) -> None:
        """Read and run until the end of the input; SystemExit for exit()."""
        if edited:
            from pykdump.runtime.completer import Completer

            self._complete = Completer(self.namespace)
            history.load()
        while True:
            try:
                if not self._step():
                    return
            except KeyboardInterrupt:
                self._pending.clear()
                print("\nKeyboardInterrupt")

    def _step(self) -> bool:
        """Read and run one line; False at the end."""
        if not self._output_works():
            return False
        line: str | None = crash._repl_read(str(sys.ps2 if self._pending else sys.ps1), self._complete)
        if line is None:
            self._flush_pending()
            if self._complete is not None:
                print()
            return False
        self._take(line.split("\n"))
        return True

    def _take(self, lines: list[str]) -> None:
        """One line, or what was pasted at once: there an empty line within a block does not end the block."""
        for index, line in enumerate(lines):
            following = next((other for other in lines[index + 1 :] if other.strip()), "")
            if not line.strip() and following[:1] in (" ", "\t") and self._would_end():
                continue
            if self._complete is not None:
                history.add(line)
            self.feed(line)

    def _output_works(self) -> bool:
        """Whether somebody reads what is printed; puts back what a statement may have closed."""
        try:
            sys.stdout.write("")
            sys.stdout.flush()
        except OSError:
            return False
        except (ValueError, AttributeError):
            sys.stdin, sys.stdout, sys.stderr = self._streams
        return True

    def feed(self, line: str) -> None:
        """Take one line: run what is complete with it."""
        if not self._pending and line.strip() in _WORDS_TO_LEAVE:
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
        """Whether an empty line would complete the block that has begun."""
        try:
            return (
                bool(self._pending) and self._compile("\n".join([*self._pending, "", ""]), symbol="single") is not None
            )
        except (SyntaxError, ValueError, OverflowError):
            return False

    def _flush_pending(self) -> bool:
        """Run the block that has begun, which has no empty line after it; False if it is not complete."""
        code = self._compiled([*self._pending, "", ""]) if self._would_end() else None
        if code is None:
            return False
        self._pending.clear()
        self._run(code)
        return True

    def _compiled(self, lines: list[str]) -> CodeType | None:
        """The code, None if more lines are needed. Tracebacks find the lines under the code's name."""
        name = f"<input-{self._count + 1}>"
        code = self._compile("\n".join(lines), name, "single")
        if code is not None:
            self._count += 1
            # No mtime: linecache.checkcache() leaves the entry alone.
            linecache.cache[name] = (1, None, [line + "\n" for line in lines], name)
        return code

    def _run(self, code: CodeType) -> None:
        try:
            exec(code, self.namespace)
        except SystemExit:
            raise
        except BaseException as error:  # noqa: BLE001 - Ctrl-C and all else leave the REPL as it is
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        remember(error)
        self._report(error)


def _plain_error(source: str, error: Exception) -> Exception:
    """What Python itself says of the statement: codeop of 3.11 calls all sorts of mistakes "incomplete input"."""
    try:
        compile(source + "\n", getattr(error, "filename", None) or "<input>", "single", dont_inherit=True)
    except (SyntaxError, ValueError, OverflowError) as plain:
        return plain
    return error


def remember(error: BaseException) -> None:
    """``sys.last_exc`` and its older names, as Python's own prompt sets them."""
    for name, value in zip(_LAST, (error, type(error), error, error.__traceback__)):
        setattr(sys, name, value)


def display(value: object) -> None:
    """``sys.displayhook``: long collections one element a line; the value stays as ``_``."""
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
    """Run a REPL in ``namespace`` until its user leaves it; SystemExit for exit(). ``failed``: of a program before."""
    edited, talkative = crash._repl_begin()
    _fill(namespace)
    if talkative:
        version = sys.version.partition(" ")[0]
        print(f"Python {version} in crash {crash.Crash_run}: help() says more, exit() or Ctrl-D returns to crash.")
    before = _Surroundings()
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


class _Surroundings:
    """What a REPL sets and what holds its user's objects; one REPL may run within another."""

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


def _fill(namespace: dict[str, Any]) -> None:
    """The API and exit() for a namespace; what a program has defined itself stays."""
    from pykdump import API

    leave, public = _Leave(), {name: value for name, value in vars(API).items() if not name.startswith("_")}
    for name, value in {"exit": leave, "quit": leave, "help": _Help(), **public}.items():
        namespace.setdefault(name, value)
