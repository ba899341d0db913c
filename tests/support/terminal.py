# SPDX-License-Identifier: GPL-3.0-or-later
"""Run crash on a new terminal, as a user does: send keys, and read the text of the screen."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from support.session import COMMAND_SECONDS, START_SECONDS, Variant, Vmcore, environment

UP, TAB, CTRL_C, CTRL_D, CTRL_Z = "\x1b[A", "\t", "\x03", "\x04", "\x1a"
PROMPT = "crash> "
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x07|\r")


class Terminal:
    """A crash on a terminal. The extension is loaded when the object is ready."""

    def __init__(
        self,
        variant: Variant,
        vmcore: Vmcore,
        options: Sequence[str] = ("-s",),
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self._seen = ""
        self._leader, self._fd = pty.fork()
        if self._leader == 0:
            dump = [*vmcore.options, str(vmcore.vmlinux), str(vmcore.vmcore)]
            self._lead_crash([*variant.command, *options, *dump], env, cwd)
        self.expect(PROMPT, variant.patience(START_SECONDS))
        self.run(f"extend {variant.extension}")

    @property
    def pid(self) -> int:
        """The PID of crash."""
        return int(Path(f"/proc/{self._leader}/task/{self._leader}/children").read_text())

    def _lead_crash(self, words: Sequence[str], env: Mapping[str, str] | None, cwd: Path | None) -> None:
        """Run crash in a child, and lead the session like a shell: else Ctrl-Z stops nothing. Never returns."""
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            os.tcsetpgrp(0, os.getpid())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            self._become_crash(words, env, cwd)
        while os.WIFSTOPPED(os.waitpid(child, os.WUNTRACED)[1]):
            pass
        os._exit(0)

    @staticmethod
    def _become_crash(words: Sequence[str], env: Mapping[str, str] | None, cwd: Path | None) -> None:
        """Never returns."""
        try:
            if cwd is not None:
                os.chdir(cwd)
            os.execve(words[0], list(words), {**environment(), "TERM": "xterm", "COLUMNS": "100", **(env or {})})
        finally:
            os._exit(127)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._fd, keys.encode())

    def expect(self, pattern: str, timeout: float = COMMAND_SECONDS) -> str:
        """Wait for the plain text ``pattern``. Return the text before it, without control sequences."""
        end = time.monotonic() + timeout
        while pattern not in self._seen:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._fd], [], [], left)[0]:
                raise AssertionError(f"{pattern!r} did not come within {timeout} s; on the screen:\n{self._seen}")
            try:
                chunk = os.read(self._fd, 1 << 16)
            except OSError:  # the other side of the terminal is closed
                chunk = b""
            if not chunk:
                raise AssertionError(f"crash has gone; last on the screen:\n{self._seen}")
            self._seen = _ESCAPES.sub("", self._seen + chunk.decode(errors="replace"))
        before, _, self._seen = self._seen.partition(pattern)
        return before

    def enter(self, line: str, prompt: str) -> str:
        """Type a line and Enter. Return the output up to the next ``prompt``, without the echo."""
        self.type(line + "\n")
        return self.expect("\n" + prompt).partition("\n")[2]

    def run(self, command: str) -> str:
        """Run a command at crash's prompt and return its output."""
        return self.enter(command, PROMPT)

    def close(self) -> None:
        """End crash in any state."""
        with contextlib.suppress(OSError, ValueError):  # it may have ended already
            os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.kill(self._leader, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.close(self._fd)
        os.waitpid(self._leader, 0)
