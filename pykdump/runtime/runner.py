# SPDX-License-Identifier: GPL-3.0-or-later
"""The one door from the C extension into Python: runs a program or a command and always comes back.

``main(kind, argv)`` returns the exit status; whatever the program does (exits, raises, is interrupted, recurses
without end), crash's prompt returns and the next program finds the interpreter as the first one did.
"""

from __future__ import annotations

import sys
import time

from pykdump import legacy_crash_names
from pykdump.runtime import aliases, end_of_program, programs
from pykdump.runtime.options import CommonOptions, WrongOption, count_leading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType, TracebackType

STATUS_ERROR = 1
STATUS_USAGE = 2
STATUS_INTERRUPTED = 130  # what a shell reports for SIGINT
aliases.install()
legacy_crash_names.install()
# What the C side gave us: the bundle. A nested run starts from it too, not from the outer program's path.
_BASE_PATH = tuple(entry for entry in sys.path if entry)


def main(kind: str, argv: Sequence[str]) -> int:
    """Run what ``kind`` says: "program", "command", "string" or "module"; return the exit status.

    ``argv[0]`` is the program as the user typed it, the command's name, the code, or the module's name. "interactive"
    opens the REPL after the program, if any, that ``argv[1:]`` names; "session" finds out from ``argv[1:]`` what to do.
    """
    if kind == "session":
        kind, argv = _what_session(list(argv))
    try:
        action = _ACTIONS[kind]
    except KeyError:
        return _complain(f"epython: the extension asked for an unknown kind of run, {kind!r}.")
    saved = _InterpreterState()
    options = CommonOptions()
    try:
        status = _guarded(lambda words: _with_options(action, words, options, saved), list(argv), saved)
        if saved.outermost:
            status = max(status, _guarded(_finish_program, [], saved))
            if saved.ran and status != STATUS_USAGE and _wants_time(kind, argv):
                _print_time(saved)
        _output_is_closed()
    except BaseException as error:  # noqa: BLE001 - nothing may reach C; a second Ctrl-C may well hit the handler itself
        status = STATUS_INTERRUPTED if isinstance(error, KeyboardInterrupt) else STATUS_ERROR
    try:
        options.undo()
        saved.restore()
    except KeyboardInterrupt:
        options.undo()
        saved.restore()
    _InterpreterState.depth -= 1
    return status


def _with_options(
    action: Callable[[list[str]], int], argv: list[str], options: CommonOptions, saved: _InterpreterState
) -> int:
    """Take the options common to all programs out of ``argv`` and run the rest as they say."""
    try:
        argv[1:] = options.take(argv[1:])
        options.apply()
    except WrongOption as error:
        return _complain(f"epython: {error}", STATUS_USAGE)
    # What an --ofile has replaced stays so until the end of the run.
    saved.streams_of_run = (sys.stdin, sys.stdout, sys.stderr)
    _call_hook("enterepython")
    try:
        saved.ran = True
        return action(argv)
    except programs.ProgramNotFound:
        saved.ran = False
        raise
    finally:
        _call_hook("exitepython")


def _call_hook(name: str) -> None:
    """``sys.enterepython`` and ``sys.exitepython``: set by a program, called around each later one."""
    hook = getattr(sys, name, None)
    if not callable(hook):
        return
    try:
        hook()
    except Exception as error:  # noqa: BLE001 - a hook's mistake is not the program's
        _report(error)


def _wants_time(kind: str, argv: Sequence[str]) -> bool:
    """Not where it would be taken for data: JSON, a pipe, a file; nor for a line of code."""
    import crash

    return (
        kind not in ("string", "interactive")
        and not any(word.startswith("--j") for word in argv)
        and not crash._redirected()
    )


def _print_time(saved: _InterpreterState) -> None:
    real, cpu = time.monotonic() - saved.began, time.process_time() - saved.cpu
    print(f"\n ** Execution took {real:6.2f}s (real) {cpu:6.2f}s (CPU)", file=saved.streams[1])


def _guarded(action: Callable[[list[str]], int], argv: list[str], saved: _InterpreterState) -> int:
    """Run ``action`` and turn every way out of it into a status."""
    try:
        try:
            return action(argv)
        finally:
            # A message must reach the user even if the program has put its own file there, or closed it.
            saved.restore_streams()
    except SystemExit as error:
        return _exit_status(error.code)
    except KeyboardInterrupt:
        return _complain("Interrupted.", STATUS_INTERRUPTED)
    except programs.ProgramNotFound as error:
        return _complain(f"epython: {error}")
    except BrokenPipeError as error:
        if _output_is_closed():
            return 0  # the reader ("| head") has seen enough: that is no failure
        return _report(error)
    except BaseException as error:  # noqa: BLE001 - the session must survive anything that a program raises
        return _report(error)


def _finish_program(_argv: list[str]) -> int:
    end_of_program.finish_program()
    return 0


def _exit_status(code: object) -> int:
    """What sys.exit(code) means, as for a Python process: None is success, a string is an error message."""
    if code is None:
        return 0
    if isinstance(code, int):
        return int(code)
    return _complain(str(code))


def _complain(message: str, status: int = STATUS_ERROR) -> int:
    """Say ``message`` after what the program has printed, and hand back the status."""
    _output_is_closed()
    print(message, file=sys.stderr)
    return status


def _output_is_closed() -> bool:
    """Flush the output; True if nobody reads it any more."""
    try:
        sys.stdout.write("")
        sys.stdout.flush()
    except (OSError, ValueError):
        return True
    return False


def _report(error: BaseException) -> int:
    """Print the traceback of a failed program without this module's own frames."""
    try:
        import traceback

        _output_is_closed()
        traceback.print_exception(type(error), error, _program_frames(error.__traceback__))
    except Exception as second:  # noqa: BLE001 - out of memory, or the exception's own __str__ fails
        sys.stderr.write(f"{type(error).__name__} (its traceback could not be printed: {type(second).__name__})\n")
    return STATUS_ERROR


def _program_frames(trace: TracebackType | None) -> TracebackType | None:
    first = trace
    while first is not None and first.tb_frame.f_code.co_filename in _OUR_FILES:
        first = first.tb_next
    return first


_OUR_FILES = {main.__code__.co_filename, programs.find.__code__.co_filename}


class _InterpreterState:
    """What a program may change and the next one must not see."""

    depth = 0

    def __init__(self) -> None:
        self.path = list(sys.path)
        self.argv = getattr(sys, "argv", [])
        self.streams = self.streams_of_run = (sys.stdin, sys.stdout, sys.stderr)
        self.recursion_limit = sys.getrecursionlimit()
        self.main = sys.modules.get("__main__")
        self.modules = frozenset(sys.modules)
        self.began, self.cpu = time.monotonic(), time.process_time()
        self.ran = False  # a program was found and begun
        # A program may run another one by way of exec_crash_command("epython ...").
        self.outermost = _InterpreterState.depth == 0
        _InterpreterState.depth += 1

    def restore(self) -> None:
        sys.path[:] = self.path
        sys.argv = self.argv
        sys.stdin, sys.stdout, sys.stderr = self.streams
        sys.setrecursionlimit(self.recursion_limit)
        if self.main is not None:
            sys.modules["__main__"] = self.main
        for name in [n for n in sys.modules if n not in self.modules]:
            # The next program may have a crashcolor of its own.
            if name in aliases.BARE_MODULES or _is_foreign(sys.modules.get(name)):
                del sys.modules[name]

    def restore_streams(self) -> None:
        sys.stdin, sys.stdout, sys.stderr = self.streams_of_run


def _is_foreign(module: object) -> bool:
    """A module that came from the program's folder or $PYKDUMPPATH: the next program may mean another by that name."""
    origin = getattr(module, "__file__", None)
    if not isinstance(origin, str):
        paths = getattr(module, "__path__", None)  # a namespace package
        origin = next(iter(paths), "") if paths is not None else ""
    return bool(origin) and not origin.startswith(_BASE_PATH)


def _search_path(directory: str) -> None:
    """The bundle first, so that a stray re.py does no harm; then the program's folder and $PYKDUMPPATH."""
    added = [e for e in (directory, *programs.path_entries()) if e]
    sys.path[:] = list(dict.fromkeys([*_BASE_PATH, *added]))
    for entry in added:
        # The cache goes by the folder's mtime: a module written within the last second would not be found.
        sys.path_importer_cache.pop(entry, None)


def _execute(code: CodeType, filename: str | None, argv: list[str]) -> int:
    """Run ``code`` in a ``__main__`` of its own."""
    module = type(sys)("__main__")
    if filename is not None:
        module.__file__ = filename
    sys.modules["__main__"] = module
    sys.argv = argv
    exec(code, module.__dict__)
    return 0


def _run_program(argv: list[str]) -> int:
    try:
        program = programs.find(argv[0])
    except programs.ProgramNotFound:
        if programs.bundled_command(argv[0]) is None:
            raise
        return _run_command(argv)
    _search_path(program.directory)
    return _execute(program.code, program.filename, [program.filename, *argv[1:]])


def _run_module(argv: list[str]) -> int:
    _search_path("")
    program = programs.from_module(argv[0])
    return _execute(program.code, program.filename, [program.filename, *argv[1:]])


def _run_string(argv: list[str]) -> int:
    _search_path("")
    source = argv[0] + "\n"
    import linecache

    # No mtime: checkcache() leaves the entry alone, so that a traceback shows the line.
    linecache.cache["<string>"] = (len(source), None, source.splitlines(True), "<string>")
    return _execute(compile(source, "<string>", "exec", dont_inherit=True), None, ["-c", *argv[1:]])


def _run_command(argv: list[str]) -> int:
    name = programs.bundled_command(argv[0])
    if name is None:
        raise programs.ProgramNotFound(f"the bundle {programs.BUNDLE} has no command {argv[0]!r}.")
    _search_path("")
    sys.argv = argv
    module = __import__(name, fromlist=["main"])
    return _exit_status(module.main(argv[1:]))


_AFTER_WORD = {"-c": "string", "-m": "module", "-i": "interactive"}
_NEEDS = {"string": "-c needs code", "module": "-m needs a module"}


def _tell_usage(argv: list[str]) -> int:
    return _complain(f"epython: {argv[0]}; try `epython -h`.", STATUS_USAGE)


def _what_session(argv: list[str]) -> tuple[str, list[str]]:
    """What ``epython`` followed by common options is to do: they may stand before the words of a program."""
    count = 1 + count_leading(argv[1:])
    options, rest = argv[1:count], argv[count:]
    kind = _AFTER_WORD.get(rest[0], "program") if rest else "interactive"
    if kind == "interactive":
        return kind, ["-i", *options, *rest[1:]]
    words = rest if kind == "program" else rest[1:]
    if not words or (kind == "program" and words[0].startswith("-")):
        return "usage", [f"unknown option {words[0]}" if words else _NEEDS[kind]]
    return kind, [*words[:1], *options, *words[1:]]


def _run_interactive(argv: list[str]) -> int:
    """The program that ``argv[1:]`` names, if any, then the REPL in its namespace."""
    from pykdump.runtime import repl

    _OUR_FILES.add(repl.interact.__code__.co_filename)
    sys.modules["__main__"] = type(sys)("__main__")
    kind, words = _what_session(["epython", *argv[1:]]) if len(argv) > 1 else ("", [])
    if kind in ("usage", "interactive"):
        return _tell_usage(words if kind == "usage" else ["-i is there twice"])
    error = _outcome(_ACTIONS[kind], words) if words else None
    if isinstance(error, programs.ProgramNotFound):
        raise error
    if isinstance(error, SystemExit):
        _exit_status(error.code)
        error = None
    elif error is not None:
        _report(error)
        error.__traceback__ = _program_frames(error.__traceback__)
    if not words:
        _search_path("")
        sys.argv = [""]
    return repl.interact(sys.modules["__main__"].__dict__, _report, error)


def _outcome(action: Callable[[list[str]], int], argv: list[str]) -> BaseException | None:
    """Run ``action``; what it raised."""
    try:
        action(argv)
    except BaseException as error:  # noqa: BLE001 - the REPL is there to look into it
        return error
    return None


_ACTIONS: dict[str, Callable[[list[str]], int]] = {
    "program": _run_program,
    "module": _run_module,
    "string": _run_string,
    "command": _run_command,
    "interactive": _run_interactive,
    "usage": _tell_usage,
}
