# SPDX-License-Identifier: GPL-3.0-or-later
"""Crash processes that have opened a dump and make copies of themselves. See the package."""

from __future__ import annotations

import array
import os
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from support.crash_copies.process import Copy

SOURCE = Path(__file__).with_name("copies.c")
# An opened crash has some 800 MB. These are per worker of pytest.
MOST_OPENED = 4
_offered: set[Path] = set()
_opened: dict[tuple[str, ...], Opened] = {}


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="crash-copies-")


@cache
def library() -> Path:
    """Compile copies.c and return the file."""
    built = Path(_folder().name) / "copies.so"
    flags = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run(["gcc", *flags, "-o", built, SOURCE, "-ldl"], check=True)
    return built


class Opened:
    """A crash at its first prompt. ``command`` opens the dump."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._requests = ours
        self._copies: list[Copy] = []
        self._logs = [tempfile.TemporaryFile(dir=_folder().name) for _ in range(2)]  # noqa: SIM115
        with theirs:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=self._logs[0], stderr=self._logs[1], pass_fds=[theirs.fileno()],
                env={**environment, "LD_PRELOAD": str(library()), "MPYK_COPIES": str(theirs.fileno())},
            )  # fmt: skip
        assert self._process.stdin is not None
        # copies.c waits for this command: a copy has none of gdb's threads, so gdb must not count on them.
        with suppress(BrokenPipeError):  # crash has ended; the first copy() says so
            self._process.stdin.write(b"gdb maint set worker-threads 0\n")
            self._process.stdin.flush()

    def printed(self) -> tuple[bytes, bytes]:
        """Return what crash has printed on its way to the prompt: stdout, stderr."""
        out, err = (os.pread(log.fileno(), 1 << 20, 0) for log in self._logs)
        return out, err

    def copy(self, cwd: Path | None, environment: Mapping[str, str], files: tuple[int, int, int]) -> Copy:
        """Make a copy with this stdin, stdout and stderr. Raises AssertionError if crash cannot open the dump."""
        words = [str(cwd or Path.cwd()), *(f"{name}={value}" for name, value in environment.items())]
        report, to_report = os.pipe()
        passed = array.array("i", [*files, to_report])
        control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, passed.tobytes())]
        with suppress(ConnectionError):  # crash has ended, so there will be no PID
            self._requests.sendmsg(["".join(f"{word}\0" for word in words).encode(errors="surrogateescape")], control)
        os.close(to_report)
        made = Copy(report)
        assert made.pid, f"crash cannot open the dump: {self.printed()}"
        self._copies.append(made)
        return made

    @property
    def is_used(self) -> bool:
        """Whether a copy still runs."""
        self._copies = [copy for copy in self._copies if copy.poll() is None]
        return bool(self._copies)

    def close(self) -> None:
        """End the maker. Its copies go on, but nobody reports their end."""
        self._requests.close()
        self._process.communicate()
        for log in self._logs:
            log.close()


def offer(programs: Sequence[Path], dumps: Sequence[Path]) -> None:
    """Say of which crash programs and which vmcores copies may be used."""
    _offered.update(programs, dumps)


def offered(program: Path, vmcore: Path, command: Sequence[str], environment: Mapping[str, str]) -> Opened | None:
    """Return a crash that makes copies, or None if a test changes the program or the dump."""
    if not {program, vmcore} <= _offered:
        return None
    wanted = tuple(command)
    opened = _opened.pop(wanted, None) or Opened(wanted, environment)
    _opened[wanted] = opened  # the last one is the one that was used last
    unused = [key for key, row in _opened.items() if row is not opened and not row.is_used]
    for key in unused[: max(0, len(_opened) - MOST_OPENED)]:
        _opened.pop(key).close()
    return opened


def close_all() -> None:
    """End all makers of this process."""
    while _opened:
        _opened.popitem()[1].close()
