# SPDX-License-Identifier: GPL-3.0-or-later
"""crash as tests drive it: a session that stays open, and one-shot runs with their exit status."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType

from mpykbuild.crash import dump_options

START_SECONDS = 120
COMMAND_SECONDS = 60
# An emulator is that many times slower, and more.
EMULATED = 20
_TIME_LINE = re.compile(r"\n \*\* Execution took .*\n")


@dataclass(frozen=True)
class Variant:
    """One built extension and the crash that it is tried in."""

    name: str
    extension: Path
    crash: Path
    crash_version: str
    python: str
    built_for: tuple[str, ...] = ()
    trees: tuple[Path, ...] = ()
    # What runs a crash that is for another machine, and takes its time for it.
    runner: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        """What starts its crash."""
        return [*self.runner, str(self.crash)]

    def patience(self, seconds: float) -> float:
        """How long an answer may take that a crash of this machine's gives in ``seconds``."""
        return seconds * (EMULATED if self.runner else 1)


@dataclass(frozen=True)
class Vmcore:
    """A dump, its kernel and what the guest itself recorded just before."""

    vmlinux: Path
    vmcore: Path
    truth: Path

    @cached_property
    def options(self) -> tuple[str, ...]:
        """Options without which crash cannot open it."""
        return dump_options.needed_options(self.truth.parent)

    @property
    def minimal(self) -> list[str]:
        """Options for a crash that is to start quickly or is older than the kernel: it is told the KASLR offset."""
        offset = json.loads((self.truth / "meta.json").read_text())["vmcoreinfo"]["KERNELOFFSET"]
        return ["--minimal", f"--kaslr=0x{offset}"]


@dataclass(frozen=True)
class Result:
    """A finished crash process."""

    stdout: str
    stderr: str
    status: int


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of the tested crash: ours, without what would change crash's behaviour."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYKDUMP", "CRASH_"))}
    return {**kept, "TERM": "dumb", **(extra or {})}


def without_time(output: str) -> str:
    """What commands print without the line that the runner adds, which differs each time."""
    return _TIME_LINE.sub("", output)


def run_crash(
    variant: Variant,
    vmcore: Vmcore,
    commands: Sequence[str],
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> Result:
    """Run ``commands`` in a new crash and wait for its end; `quit` is added."""
    done = subprocess.run(
        [*variant.command, "-s", *vmcore.options, *options, vmcore.vmlinux, vmcore.vmcore],
        input="\n".join([*commands, "quit", ""]), cwd=cwd, env=environment(env), capture_output=True, text=True,
        errors="replace", timeout=variant.patience(START_SECONDS + COMMAND_SECONDS), check=False,
    )  # fmt: skip
    return Result(without_time(done.stdout), done.stderr, done.returncode)


class CrashSession:
    """One crash process whose commands are sent one by one; stdout and stderr come back together."""

    def __init__(
        self, variant: Variant, vmcore: Vmcore, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self._count = 0
        self._process = subprocess.Popen(
            [*variant.command, "-s", *vmcore.options, vmcore.vmlinux, vmcore.vmcore],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            cwd=cwd, env=environment(env), start_new_session=True,
        )  # fmt: skip
        self._patience = variant.patience
        self.run(f"extend {variant.extension}", timeout=START_SECONDS)

    def __enter__(self) -> CrashSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def send(self, command: str) -> str:
        """Send ``command`` and a marker after it; return the marker."""
        self._count += 1
        marker = f"@@mpyk-{self._count}@@"
        self.write(f"{command}\n!echo {marker}\n")
        return marker

    def write(self, lines: str) -> None:
        """Write to crash's stdin, and no marker."""
        assert self._process.stdin is not None
        self._process.stdin.write(lines.encode())
        self._process.stdin.flush()

    def read_until(self, marker: str, timeout: float = COMMAND_SECONDS) -> str:
        """Return the output up to ``marker``; AssertionError when crash dies or is silent for too long."""
        assert self._process.stdout is not None
        timeout = self._patience(timeout)
        output, end, wanted = b"", time.monotonic() + timeout, marker.encode()
        while wanted not in output:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._process.stdout], [], [], left)[0]:
                raise AssertionError(
                    f"crash gave no answer within {timeout} s; so far:\n{output.decode(errors='replace')}"
                )
            chunk = os.read(self._process.stdout.fileno(), 1 << 16)
            if not chunk:
                raise AssertionError(
                    f"crash ended with {self._process.wait()}; last:\n{output.decode(errors='replace')}"
                )
            output += chunk
        return output.partition(wanted)[0].decode(errors="replace")

    def run(self, command: str, timeout: float = COMMAND_SECONDS) -> str:
        """Run one crash command and return all that it printed."""
        return without_time(self.read_until(self.send(command), timeout))

    def interrupt(self) -> None:
        """Send what Ctrl-C sends, to crash alone."""
        os.kill(self.pid, signal.SIGINT)

    def close(self) -> None:
        """Leave crash; kill it when it does not go by itself."""
        if self.alive and self._process.stdin is not None:
            try:
                self._process.stdin.write(b"quit\n")
                self._process.stdin.close()
                self._process.wait(10)
            except (OSError, subprocess.TimeoutExpired):
                self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
