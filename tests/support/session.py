# SPDX-License-Identifier: GPL-3.0-or-later
"""Run crash in tests: as a session that stays open, or once for some commands, with its exit status."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType

from mpykbuild.crash import dump_options
from mpykbuild.vmcore.scenarios import LIVE
from support import crash_copies
from support.crash_copies import Copy

START_SECONDS = 300
COMMAND_SECONDS = 60
# An emulator is at least this many times slower.
EMULATED = 20
_TIME_LINE = re.compile(r"\n \*\* Execution took .*\n")


@dataclass(frozen=True)
class Variant:
    """One built extension and the crash in which it is tested."""

    name: str
    extension: Path
    crash: Path
    crash_version: str
    python: str
    built_for: tuple[str, ...] = ()
    trees: tuple[Path, ...] = ()
    # The command of the emulator that runs a crash for another machine; empty for this machine.
    runner: tuple[str, ...] = ()

    @property
    def command(self) -> list[str]:
        """The command that starts its crash."""
        return [*self.runner, str(self.crash)]

    def patience(self, seconds: float) -> float:
        """Return the longest wait for an answer, in seconds. A crash for this machine gets ``seconds``."""
        return seconds * (EMULATED if self.runner else 1)


@dataclass(frozen=True)
class Vmcore:
    """A dump, its kernel, and the record that the guest made just before the dump.

    ``scenario`` is how the guest ended: ``live``, ``sysrq``, ``nullderef``, ``filtered`` (after a sysrq).
    """

    vmlinux: Path
    vmcore: Path
    truth: Path
    scenario: str = LIVE

    def taints(self, recorded: int) -> int:
        """Return /proc/sys/kernel/tainted at the dump: an oops after the record adds D (TAINT_DIE, bit 7)."""
        return recorded | (1 << 7 if self.scenario == "nullderef" else 0)

    @cached_property
    def options(self) -> tuple[str, ...]:
        """The options that crash needs to open the dump."""
        return dump_options.needed_options(self.truth.parent)

    @property
    def minimal(self) -> list[str]:
        """The options for a quick start, or for a crash older than the kernel. They name the KASLR offset."""
        offset = json.loads((self.truth / "meta.json").read_text())["vmcoreinfo"]["KERNELOFFSET"]
        return ["--minimal", f"--kaslr=0x{offset}"]


@dataclass(frozen=True)
class Result:
    """A finished crash process."""

    stdout: str
    stderr: str
    status: int


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of the tested crash: ours without the variables that change what crash does."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYKDUMP", "CRASH_"))}
    return {**kept, "TERM": "dumb", **(extra or {})}


def without_time(output: str) -> str:
    """Return the output without the line with the execution time, which differs each time."""
    return _TIME_LINE.sub("", output)


def start_crash(
    variant: Variant,
    vmcore: Vmcore,
    files: tuple[int, int, int],
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> Copy | subprocess.Popen[bytes]:
    """Start crash with this stdin, stdout and stderr. It is a copy of an opened crash where that makes no difference.

    An own ``env`` makes a difference: crash reads variables at its start.
    """
    command = [*map(str, (*variant.command, "-s", *vmcore.options, *options, vmcore.vmlinux, vmcore.vmcore))]
    opened = crash_copies.offered(variant.crash, vmcore.vmcore, command, environment()) if env is None else None
    if opened is not None:
        return opened.copy(cwd, environment(), files)
    stdin, stdout, stderr = files
    return subprocess.Popen(
        command, stdin=stdin, stdout=stdout, stderr=stderr, cwd=cwd, env=environment(env), start_new_session=True
    )


def run_crash(
    variant: Variant,
    vmcore: Vmcore,
    commands: Sequence[str],
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    options: Sequence[str] = (),
) -> Result:
    """Run ``commands`` and `quit` in a new crash, and wait for its end."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        stdin, to_stdin = os.pipe()
        process = start_crash(variant, vmcore, (stdin, out.fileno(), err.fileno()), cwd, env, options)
        os.close(stdin)
        with suppress(BrokenPipeError), os.fdopen(to_stdin, "w") as lines:  # crash may end before it has read all
            lines.write("\n".join([*commands, "quit", ""]))
        try:
            process.wait(variant.patience(START_SECONDS + COMMAND_SECONDS))
        finally:
            process.kill()
            status = process.wait()
        stdout, stderr = (
            os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode(errors="replace") for file in (out, err)
        )
    return Result(without_time(stdout), stderr, status)


class CrashSession:
    """One crash process that gets its commands one by one. Its stdout and stderr are one stream."""

    def __init__(
        self, variant: Variant, vmcore: Vmcore, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self._count = 0
        (stdin, to_stdin), (from_stdout, stdout) = os.pipe(), os.pipe()
        self._process = start_crash(variant, vmcore, (stdin, stdout, stdout), cwd, env)
        os.close(stdin)
        os.close(stdout)
        self._stdin, self._stdout = os.fdopen(to_stdin, "wb"), os.fdopen(from_stdout, "rb", buffering=0)
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
        """Write to crash's stdin, without a marker."""
        self._stdin.write(lines.encode())
        self._stdin.flush()

    def read_until(self, marker: str, timeout: float = COMMAND_SECONDS) -> str:
        """Return the output up to ``marker``. Raises AssertionError if crash ends or is silent for too long."""
        timeout = self._patience(timeout)
        output, end, wanted = b"", time.monotonic() + timeout, marker.encode()
        while wanted not in output:
            chunk = self._read_some(end)
            if not chunk:
                ended = time.monotonic() < end or not self.alive
                state = f"ended with {self._process.wait()}" if ended else f"gave no answer within {timeout} s"
                raise AssertionError(f"crash {state}; last:\n{output.decode(errors='replace')}")
            output += chunk
        return output.partition(wanted)[0].decode(errors="replace")

    def _read_some(self, end: float) -> bytes:
        """Return what crash prints next; b"" when it has ended, or is silent until ``end``."""
        alive = True
        while alive and time.monotonic() < end:
            alive = self.alive  # children that crash left behind may hold its stdout open
            if select.select([self._stdout], [], [], 1)[0]:
                return os.read(self._stdout.fileno(), 1 << 16)
        return b""

    def run(self, command: str, timeout: float = COMMAND_SECONDS) -> str:
        """Run one crash command and return all that it printed."""
        return without_time(self.read_until(self.send(command), timeout))

    def interrupt(self) -> None:
        """Send the signal of Ctrl-C to crash, and to no other process."""
        os.kill(self.pid, signal.SIGINT)

    def close(self) -> None:
        """End crash with `quit`; kill it if it does not end."""
        with suppress(OSError):  # it may have ended already
            self._stdin.write(b"quit\n")
            self._stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._process.wait()
        self._stdout.close()
