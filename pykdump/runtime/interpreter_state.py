# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of the interpreter that a program may change and that the next program must find unchanged.

What belongs to the process (signal actions, timers, the current directory, the umask) is restored in C, after this:
see ext/session/process_state.h.
"""

from __future__ import annotations

import sys
import time

import crash

from pykdump.runtime import aliases

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Callable
    from typing import Any
else:
    import _signal  # the module signal would make enumerations, which costs each start a millisecond

# The path that C has set: the bundle. A nested run starts from it too, not from the path of the outer program.
BASE_PATH = tuple(entry for entry in sys.path if entry)
# Settings with the function that reads and the function that sets each.
_SETTINGS: tuple[tuple[Callable[[], Any], Callable[[Any], None]], ...] = (
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (sys.getswitchinterval, sys.setswitchinterval),
    (sys.gettrace, sys.settrace),
    (sys.getprofile, sys.setprofile),
)
# Modules of the bundle whose state belongs to one program: each program that imports them gets new ones.
_OF_ONE_PROGRAM = ("readline", "rlcompleter")
_SIGNALS = tuple(sorted(map(int, _signal.valid_signals())))


class InterpreterState:
    """The state at the start of a run."""

    depth = 0

    def __init__(self) -> None:
        self.path = list(sys.path)
        self.argv = getattr(sys, "argv", [])
        self.streams = self.streams_of_run = (sys.stdin, sys.stdout, sys.stderr)
        self.settings = [read() for read, _ in _SETTINGS]
        self.handlers = [_signal.getsignal(number) for number in _SIGNALS]
        self.main = sys.modules.get("__main__")
        self.hidden = {name: sys.modules.pop(name) for name in _OF_ONE_PROGRAM if name in sys.modules}
        self.modules = frozenset(sys.modules)
        self.input_reader = crash._set_input_reader(None)
        self.began, self.cpu = time.monotonic(), time.process_time()
        self.shows_time = False
        # A program may run another one with exec_crash_command("epython ...").
        self.outermost = InterpreterState.depth == 0
        InterpreterState.depth += 1

    def restore(self) -> None:
        """Restore everything. A second call does no harm."""
        self._restore_settings()
        # Before sys.path and sys.modules change: the path of a namespace package is computed from them.
        left = self._modules_of_the_program()
        sys.path[:] = self.path
        sys.argv = self.argv
        sys.stdin, sys.stdout, sys.stderr = self.streams
        if self.main is not None:
            sys.modules["__main__"] = self.main
        for name in left:
            sys.modules.pop(name, None)
        sys.modules.update(self.hidden)
        crash._set_input_reader(self.input_reader)

    def restore_streams(self) -> None:
        """Restore the standard streams as they are while the program runs."""
        sys.stdin, sys.stdout, sys.stderr = self.streams_of_run

    def _restore_settings(self) -> None:
        for (read, change), value in zip(_SETTINGS, self.settings):
            if read() != value:
                change(value)
        for number, handler in zip(_SIGNALS, self.handlers):
            if _signal.getsignal(number) != handler:
                _restore_handler(number, handler)

    def _modules_of_the_program(self) -> list[str]:
        """Return the modules that must be forgotten: the next program may have others of the same names."""
        new = [(name, module) for name, module in list(sys.modules.items()) if name not in self.modules]
        known = {*aliases.BARE_MODULES, *_OF_ONE_PROGRAM}
        return [name for name, module in new if name in known or _is_foreign(module)]


def _restore_handler(number: int, handler: Any) -> None:
    """Put a handler into Python's table. None means a handler that is not Python's: C puts it back afterwards."""
    try:
        _signal.signal(number, _signal.SIG_DFL if handler is None else handler)
    except (OSError, ValueError):  # a signal that cannot be handled, or a run in another thread than the main one
        return


def _is_foreign(module: object) -> bool:
    """Return whether a module came from the program's folder or $PYKDUMPPATH."""
    try:
        origin = _origin(module)
    except Exception:  # noqa: BLE001 - sys.modules may have any object, and a namespace package may have lost its parent
        return True
    return bool(origin) and not origin.startswith(BASE_PATH)


def _origin(module: object) -> str:
    """Return the file of a module, or the folder of a namespace package; "" for a module of the interpreter."""
    origin = getattr(module, "__file__", None)
    if isinstance(origin, str):
        return origin
    paths = getattr(module, "__path__", None)
    return str(next(iter(paths), "")) if paths is not None else ""
