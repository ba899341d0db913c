# SPDX-License-Identifier: GPL-3.0-or-later
"""Run programs. Only this module of the build imports ``subprocess``.

It decides how a program is started, which environment the program gets, and which error its failure becomes.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mpykbuild.base.errors import BuildError

Word = str | Path
# The package of a program, for programs whose package has another name.
PACKAGES = {
    "gcc": "gcc", "g++": "g++", "make": "make", "patch": "patch", "pahole": "dwarves", "dpkg-deb": "dpkg",
    "apt-get": "apt's own tools", "apt-config": "apt's own tools", "dpkg": "apt's own tools",
    "ar": "binutils", "ld": "binutils", "nm": "binutils", "objcopy": "binutils", "strip": "binutils",
}  # fmt: skip
DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
# All builds use this one date, because a product must not depend on the time of its build. 1980-01-01, in seconds.
SOURCE_DATE_EPOCH = "315532800"
# An error shows this many characters from the end of the output: the cause of a failure is usually there.
SHOWN_CHARACTERS = 4000

# Callers of started() need these names of the subprocess module.
PIPE = subprocess.PIPE
TO_STDOUT = subprocess.STDOUT
TimeoutExpired = subprocess.TimeoutExpired
Popen = subprocess.Popen


@dataclass(frozen=True)
class Finished:
    """The result of a program: its command, its exit status, and what it wrote to stdout and stderr."""

    command: tuple[str, ...]
    status: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Stdout and then stderr, without white space at both ends."""
        return (self.stdout + self.stderr).strip()


def build_environment(path: str | None = None, **more: str) -> dict[str, str]:
    """Return the complete environment of a build step. It has no variable of the user except $PATH.

    ``path`` replaces the user's $PATH. ``more`` adds variables or replaces some of these.
    """
    return {
        "PATH": path or os.environ.get("PATH", DEFAULT_PATH),
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH,
        "ZERO_AR_DATE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        **more,
    }


def users_environment(**more: str) -> dict[str, str]:
    """Return the user's environment, but with messages in English, for the machine's programs such as apt."""
    return {**os.environ, "LC_ALL": "C.UTF-8", **more}


def run(
    command: Sequence[Word],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    text: str = "",
    umask: int = -1,
) -> Finished:
    """Run ``command`` until it ends, with ``text`` as its stdin. The caller has to check the status.

    ``env`` is the complete environment; the default is :func:`build_environment`. Raises BuildError if the program
    cannot be started.
    """
    done = run_bytes(command, cwd=cwd, env=env, data=os.fsencode(text), umask=umask)
    out, complaint = (part.decode("utf-8", "replace") for part in (done.stdout, done.stderr))
    return Finished(tuple(map(str, command)), done.returncode, out, complaint)


def run_bytes(
    command: Sequence[Word],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    data: bytes = b"",
    umask: int = -1,
) -> subprocess.CompletedProcess[bytes]:
    """Run ``command`` like :func:`run`, but with bytes instead of text as stdin, stdout and stderr."""
    words = [str(word) for word in command]
    try:
        return subprocess.run(
            words, cwd=cwd, env=build_environment() if env is None else dict(env), input=data, capture_output=True,
            check=False, umask=umask,
        )  # fmt: skip
    except OSError as error:
        raise _start_error(words[0], error) from error


def output_of(
    command: Sequence[Word],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    text: str = "",
    what: str = "",
    next_step: str = "",
) -> str:
    """Return the stdout of ``command``.

    Raises BuildError with the end of the output if the command fails. ``what`` is the first sentence of that error,
    ``next_step`` its next step.
    """
    done = run(command, cwd=cwd, env=env, text=text)
    if done.status:
        sentence = what or f"{' '.join(done.command)} failed with status {done.status}"
        raise BuildError(f"{sentence}:\n{done.output[-SHOWN_CHARACTERS:]}", next_step)
    return done.stdout


def run_on_terminal(
    command: Sequence[Word], *, cwd: Path | None = None, env: Mapping[str, str] | None = None, text: str | None = None
) -> int:
    """Run ``command`` on the user's terminal and return its status. Without ``env`` it gets the user's environment."""
    words = [str(word) for word in command]
    try:
        return subprocess.run(
            words, cwd=cwd, env=dict(os.environ if env is None else env), input=text, text=True, check=False
        ).returncode
    except OSError as error:
        raise _start_error(words[0], error) from error


@contextmanager
def started(
    command: Sequence[Word],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdout: int | IO[bytes] = subprocess.DEVNULL,
    stderr: int | IO[bytes] = subprocess.DEVNULL,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start ``command`` without stdin and yield its process. Kill the process if it still runs after the block."""
    words = [str(word) for word in command]
    try:
        process = subprocess.Popen(
            words, cwd=cwd, env=build_environment() if env is None else dict(env), stdin=subprocess.DEVNULL,
            stdout=stdout, stderr=stderr,
        )  # fmt: skip
    except OSError as error:
        raise _start_error(words[0], error) from error
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        process.wait()


def _start_error(program: str, error: OSError) -> BuildError:
    """Return the error for a program that cannot be started. Its next step names the package to install."""
    name = Path(program).name
    return BuildError(
        f"{program} cannot be run: {error.strerror}.", f"install {PACKAGES.get(name, f'a package with {name}')}."
    )
