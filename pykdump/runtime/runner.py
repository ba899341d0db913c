# SPDX-License-Identifier: GPL-3.0-or-later
"""The entry from C into Python: main() runs a program or a command, and always returns.

The program may exit, raise, be interrupted or recurse without end: crash's prompt comes back, and the next program
finds the interpreter as the first one did.
"""

from __future__ import annotations

import sys
import time

from pykdump import kernel_clock, legacy_crash_names
from pykdump.runtime import (
    aliases,
    bundle_importer,
    command_line,
    end_of_program,
    leave,
    missing_names,
    omitted,
    programs,
    source_cache,
)
from pykdump.runtime.command_line import Run
from pykdump.runtime.interpreter_state import BASE_PATH, InterpreterState
from pykdump.runtime.old_modules import NotInThisVersion, complete
from pykdump.runtime.options import CommonOptions, WrongOption

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType, TracebackType

STATUS_ERROR = 1
STATUS_USAGE = 2
STATUS_COMMAND_USAGE = 3  # 1 and 2 of a command mean findings and incomplete output
STATUS_INTERRUPTED = 130  # what a shell reports for SIGINT
COMMAND_LINE = "command line"
bundle_importer.install()
aliases.install()
source_cache.install()
leave.install()
kernel_clock.install()
legacy_crash_names.install()
omitted.install()


def main(kind: str, argv: Sequence[str]) -> int:
    """Run a program and return its exit status.

    ``kind`` is "command line" for the words of ``epython`` (with ``epython`` as the first one), or a kind of
    command_line.Run: then ``argv[0]`` names the program or the command, or is the code.
    """
    saved = InterpreterState()
    options = CommonOptions()
    try:
        status = _status_of(lambda: _run(_run_of(kind, list(argv)), options, saved), saved)
        if saved.outermost:
            status = max(status, _status_of(_finish_program, saved))
            if saved.shows_time and status not in (STATUS_USAGE, STATUS_COMMAND_USAGE):
                _print_time(saved)
        _output_is_closed()
    except BaseException as error:  # noqa: BLE001 - nothing may reach C, not even a second Ctrl-C inside a handler
        status = STATUS_INTERRUPTED if isinstance(error, KeyboardInterrupt) else STATUS_ERROR
    finally:
        InterpreterState.depth -= 1
    return max(status, _clean_up(options, saved))


def _clean_up(options: CommonOptions, saved: InterpreterState) -> int:
    """Undo the options and restore the interpreter, also after a Ctrl-C in the middle. Return a status."""
    status = 0
    while True:
        try:
            while options.in_force:
                status = max(status, _status_of(options.undo, saved))
            saved.restore()
            return status
        except KeyboardInterrupt:
            status = STATUS_INTERRUPTED


def _run_of(kind: str, argv: list[str]) -> Run:
    return command_line.parse(argv[1:]) if kind == COMMAND_LINE else Run(kind, argv)


def _run(run: Run, options: CommonOptions, saved: InterpreterState) -> int:
    """Run the program with the common options of its command line in force."""
    if run.kind in _TEXTS:
        print(_TEXTS[run.kind](), end="")
        return 0
    if run.kind not in _ACTIONS:
        return _print_error(f"epython: the extension asked for an unknown kind of run, {run.kind!r}.")
    try:
        run.argv[1:] = options.take(run.argv[1:])
        options.apply()
    except WrongOption as error:
        if run.kind != command_line.COMMAND:
            raise
        return _print_error(f"{run.argv[0]}: {error}", STATUS_COMMAND_USAGE)
    # --ofile replaces standard output until the end of the run.
    saved.streams_of_run = (sys.stdin, sys.stdout, sys.stderr)
    _call_hook("enterepython")
    try:
        saved.shows_time = _wants_time(run)
        return _run_before_prompt(run) if run.prompt_follows else _ACTIONS[run.kind](run.argv)
    except programs.ProgramNotFound:
        saved.shows_time = False
        raise
    finally:
        _call_hook("exitepython")


def _call_hook(name: str) -> None:
    """Call ``sys.enterepython`` or ``sys.exitepython``: a program may set them for the programs after it."""
    hook = getattr(sys, name, None)
    if not callable(hook):
        return
    try:
        hook()
    except Exception as error:  # noqa: BLE001 - the program must not fail because of a hook
        _print_traceback(error)


def _wants_time(run: Run) -> bool:
    """Return whether the line with the times may follow.

    It would disturb JSON, a pipe and a file, and a single line of code does not need it.
    """
    import crash

    return (
        run.kind in (command_line.PROGRAM, command_line.MODULE, command_line.COMMAND)
        and not run.prompt_follows
        and not any(word.startswith("--j") for word in run.argv)
        and not crash._redirected()
    )


def _print_time(saved: InterpreterState) -> None:
    real, cpu = time.monotonic() - saved.began, time.process_time() - saved.cpu
    print(f"\n ** Execution took {real:6.2f}s (real) {cpu:6.2f}s (CPU)", file=saved.streams[1])


def _status_of(action: Callable[[], int], saved: InterpreterState) -> int:
    """Call ``action`` and turn every way to end it into an exit status."""
    try:
        try:
            return action()
        finally:
            # The program may have replaced or closed the streams; messages must reach the user all the same.
            saved.restore_streams()
    except SystemExit as error:
        return _exit_status(error.code)
    except KeyboardInterrupt:
        return _print_error("Interrupted.", STATUS_INTERRUPTED)
    except command_line.WrongUsage as error:
        return _print_error(f"epython: {error}; try `epython -h`.", STATUS_USAGE)
    except WrongOption as error:
        return _print_error(f"epython: {error}", STATUS_USAGE)
    except programs.ProgramNotFound as error:
        return _print_error(f"epython: {error}")
    except NotInThisVersion as error:
        return _print_error(f"epython: {_last_line(error.__traceback__)}{error}")
    except BrokenPipeError as error:
        if _output_is_closed():
            return 0  # a reader such as "| head" has read enough, which is no failure
        return _print_traceback(error)
    except BaseException as error:  # noqa: BLE001 - the session must survive anything that a program raises
        return _print_traceback(error)


def _finish_program() -> int:
    end_of_program.finish_program()
    return 0


def _exit_status(code: object) -> int:
    """Return the status for sys.exit(code), as a Python process would: None is success, a text is an error message."""
    if code is None:
        return 0
    if isinstance(code, int):
        return int(code)
    return _print_error(str(code))


def _print_error(message: str, status: int = STATUS_ERROR) -> int:
    """Print ``message`` after the output of the program, and return the status."""
    _output_is_closed()
    print(message, file=sys.stderr)
    return status


def _output_is_closed() -> bool:
    """Flush the output; return True if its reader has closed it."""
    try:
        sys.stdout.write("")
        sys.stdout.flush()
    except (OSError, ValueError):
        return True
    return False


def _print_traceback(error: BaseException) -> int:
    """Print the traceback of a failed program, without the frames of the runner."""
    try:
        import traceback

        _output_is_closed()
        traceback.print_exception(type(error), error, _program_frames(error.__traceback__))
    except Exception as second:  # noqa: BLE001 - memory is short, or the exception's own __str__ fails
        sys.stderr.write(f"{type(error).__name__} (its traceback could not be printed: {type(second).__name__})\n")
    return STATUS_ERROR


def _program_frames(trace: TracebackType | None) -> TracebackType | None:
    first = trace
    while first is not None and first.tb_frame.f_code.co_filename in _OUR_FILES:
        first = first.tb_next
    return first


def _last_line(trace: TracebackType | None) -> str:
    """Return "FILE, line N: " of the innermost frame outside of the runtime."""
    place = ""
    while trace is not None:
        filename = trace.tb_frame.f_code.co_filename
        if filename not in _OUR_FILES:
            place = f"{filename}, line {trace.tb_lineno}: "
        trace = trace.tb_next
    return place


_OUR_FILES = {main.__code__.co_filename, programs.find.__code__.co_filename, complete.__code__.co_filename}


def _set_search_path(directory: str) -> None:
    """Search the bundle first, so that a stray re.py does no harm; then the program's folder and $PYKDUMPPATH."""
    added = [e for e in (directory, *programs.path_entries()) if e]
    sys.path[:] = list(dict.fromkeys([*BASE_PATH, *added]))
    for entry in added:
        # The cache of a folder depends on its mtime: it would miss a module that was written within the last second.
        sys.path_importer_cache.pop(entry, None)


def _execute(code: CodeType, filename: str | None, argv: list[str]) -> int:
    """Run ``code`` in a new module ``__main__``."""
    module = type(sys)("__main__")
    if filename is not None:
        module.__file__ = filename
    sys.modules["__main__"] = module
    sys.argv = argv
    module.__dict__.update(missing_names.missing_names(code))
    exec(code, module.__dict__)
    return 0


def _run_program(argv: list[str]) -> int:
    try:
        program = programs.find(argv[0])
    except programs.ProgramNotFound:
        if programs.bundled_command(argv[0]) is None:
            raise
        return _run_command(argv)
    _set_search_path(program.directory)
    return _execute(program.code, program.filename, [program.filename, *argv[1:]])


def _run_module(argv: list[str]) -> int:
    _set_search_path("")
    program = programs.from_module(argv[0])
    return _execute(program.code, program.filename, [program.filename, *argv[1:]])


def _run_string(argv: list[str]) -> int:
    _set_search_path("")
    source = argv[0] + "\n"
    import linecache

    # An entry without mtime survives checkcache(), so that a traceback shows the line.
    linecache.cache["<string>"] = (len(source), None, source.splitlines(True), "<string>")
    return _execute(compile(source, "<string>", "exec", dont_inherit=True), None, ["-c", *argv[1:]])


def _run_command(argv: list[str]) -> int:
    name = programs.bundled_command(argv[0])
    if name is None:
        raise programs.ProgramNotFound(f"the bundle {programs.BUNDLE} has no command {argv[0]!r}.")
    _set_search_path("")
    sys.argv = argv
    module = __import__(name, fromlist=["main"])
    return _exit_status(module.main(argv[1:]))


def _run_prompt(argv: list[str]) -> int:
    _set_search_path("")
    sys.modules["__main__"] = type(sys)("__main__")
    sys.argv = argv
    return _open_prompt(None)


def _run_before_prompt(run: Run) -> int:
    """Run a program, then open the prompt in its namespace, however the program ended."""
    sys.modules["__main__"] = type(sys)("__main__")
    error = _exception_of(_ACTIONS[run.kind], run.argv)
    if isinstance(error, programs.ProgramNotFound):
        raise error
    if isinstance(error, SystemExit):
        _exit_status(error.code)
        error = None
    elif error is not None:
        _print_traceback(error)
        error.__traceback__ = _program_frames(error.__traceback__)
    return _open_prompt(error)


def _exception_of(action: Callable[[list[str]], int], argv: list[str]) -> BaseException | None:
    """Call ``action``; return the exception that it raised."""
    try:
        action(argv)
    except BaseException as error:  # noqa: BLE001 - the user looks into it at the prompt
        return error
    return None


def _open_prompt(error: BaseException | None) -> int:
    from pykdump.runtime import repl

    _OUR_FILES.add(repl.interact.__code__.co_filename)
    return repl.interact(sys.modules["__main__"].__dict__, _print_traceback, error)


def _version_report() -> str:
    from pykdump.runtime import version_report

    return version_report.report()


_ACTIONS: dict[str, Callable[[list[str]], int]] = {
    command_line.PROGRAM: _run_program,
    command_line.MODULE: _run_module,
    command_line.STRING: _run_string,
    command_line.COMMAND: _run_command,
    command_line.PROMPT: _run_prompt,
}
_TEXTS: dict[str, Callable[[], str]] = {
    command_line.HELP: command_line.usage_text,
    command_line.VERSION: _version_report,
}
