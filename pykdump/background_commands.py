# SPDX-License-Identifier: GPL-3.0-or-later
"""Crash commands in a forked child: a command that hangs or crashes does not end the session."""

from __future__ import annotations

import os
import select
import signal
import sys
import time

import crash

from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_CHUNK = 1 << 16
_FAILED = 1


def exec_crash_command_bg(cmd: str, timeout: float | None = None) -> str:
    """Run a crash command in a forked child and return its output.

    The child may take ``timeout`` seconds: None means crash.default_timeout, 0 means no limit. A timeout and a bad exit
    status are reported through pylog; the result is then the output up to that moment.
    """
    limit = crash.default_timeout if timeout is None else timeout
    fd, pid = exec_crash_command_bg2(cmd)
    chunks: list[bytes] = []
    timed_out, status = True, None
    try:
        timed_out = not _collect(fd, chunks, time.monotonic() + limit if limit else None)
    finally:
        os.close(fd)
        if timed_out:
            _kill(pid)
        status = os.waitpid(pid, 0)[1]
    if timed_out:
        pylog.timeout(f"<{cmd}> was stopped after {limit} s")
    elif status:
        pylog.warning(f"<{cmd}> failed: {_reason(status)}")
    return b"".join(chunks).decode("utf-8", "surrogateescape")


def _collect(fd: int, chunks: list[bytes], deadline: float | None) -> bool:
    """Read to the end of the pipe; return False if the time is over before the end."""
    while True:
        left = None if deadline is None else max(0.0, deadline - time.monotonic())
        if not select.select([fd], [], [], left)[0]:
            return False
        chunk = os.read(fd, _CHUNK)
        if not chunk:
            return True
        chunks.append(chunk)
        if deadline is not None and time.monotonic() > deadline:
            return False


def _kill(pid: int) -> None:
    """End the child and the processes that it has started."""
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _reason(status: int) -> str:
    if os.WIFSIGNALED(status):
        return f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
    return f"exit status {os.WEXITSTATUS(status)}"


def exec_crash_command_bg2(cmd: str) -> tuple[int, int]:
    """Start a crash command in a forked child; return (descriptor of its output, PID to wait for).

    Raises crash.error for a text that cannot be a command line: it is too long or has several lines.
    """
    crash._exec_crash_command_fd(cmd, -1)
    sys.stdout.flush()  # otherwise the child prints the buffer a second time
    readable, writable = os.pipe()
    pid = os.fork()
    if pid == 0:
        _child(cmd, writable)
    os.setpgid(pid, pid)  # in parent and child, as either may run first
    os.close(writable)
    return readable, pid


def _child(cmd: str, fd: int) -> NoReturn:
    """Run the command and end the process, without the exit functions of crash and Python."""
    status = _FAILED
    try:
        os.setpgid(0, 0)
        _own_file_positions()
        crash._exec_crash_command_fd(cmd, fd)
        status = 0
    except crash.error:
        pass  # crash has printed the reason
    except BaseException as problem:  # noqa: BLE001 - the child must not go on with the parent's program
        os.write(fd, f"{type(problem).__name__}: {problem}\n".encode("utf-8", "surrogateescape"))
    finally:
        os._exit(status)


def _own_file_positions() -> None:
    """Open the dump and all other files again.

    Parent and child share the position in a file that both inherited: a read by one would disturb the other.
    """
    for name in os.listdir("/proc/self/fd"):
        number = int(name)
        try:
            path = os.readlink(f"/proc/self/fd/{name}")
            flags = _open_flags(number)
            if path.startswith("/") and not path.startswith(("/dev/", "/proc/")) and not flags & os.O_ACCMODE:
                again = os.open(f"/proc/self/fd/{name}", os.O_RDONLY)
                os.lseek(again, os.lseek(number, 0, os.SEEK_CUR), os.SEEK_SET)
                os.dup2(again, number)
                os.close(again)
        except OSError:
            continue  # the descriptor that listed the folder, or a file that was deleted


def _open_flags(number: int) -> int:
    """Return the flags with which a descriptor was opened."""
    with open(f"/proc/self/fdinfo/{number}", encoding="ascii") as stream:
        for line in stream:
            if line.startswith("flags:"):
                return int(line.split()[1], 8)
    return os.O_RDWR
