# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way to run a program: how it is started, what environment it gets, and what its failure says."""

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
# Which package has a program, where its name does not say it.
PACKAGES = {
    "gcc": "gcc", "g++": "g++", "make": "make", "patch": "patch", "pahole": "dwarves", "dpkg-deb": "dpkg",
    "apt-get": "apt's own tools", "apt-config": "apt's own tools", "dpkg": "apt's own tools",
    "ar": "binutils", "ld": "binutils", "nm": "binutils", "objcopy": "binutils", "strip": "binutils",
}  # fmt: skip
DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"
# One date for everything that is built: a result must not depend on when it was made.
SOURCE_DATE_EPOCH = "315532800"
# The last part of a long output is what explains a failure.
SHOWN_CHARACTERS = 4000

# Names of the standard module that callers of started() need.
PIPE = subprocess.PIPE
TO_STDOUT = subprocess.STDOUT
TimeoutExpired = subprocess.TimeoutExpired
Popen = subprocess.Popen


@dataclass(frozen=True)
class Finished:
    """A program that ended: its exit status and what it wrote to stdout and stderr."""

    command: tuple[str, ...]
    status: int
    stdout: str
    stderr: str

    @property
    def said(self) -> str:
        """Everything it wrote, without empty lines at the ends."""
        return (self.stdout + self.stderr).strip()


def build_environment(path: str | None = None, **more: str) -> dict[str, str]:
    """Return the whole environment of a build step: nothing else of the user's reaches it.

    ``path`` is $PATH, by default the user's; ``more`` are further variables, or others than these.
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
    """Return the user's environment with messages in English, for programs of the machine such as apt."""
    return {**os.environ, "LC_ALL": "C.UTF-8", **more}


def run(
    command: Sequence[Word],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    text: str = "",
    umask: int = -1,
) -> Finished:
    """Run ``command`` to its end; ``text`` is its stdin. Its status is the caller's to judge.

    ``env`` is the whole environment, by default :func:`build_environment`. Raises BuildError when the program cannot
    be started.
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
    """Do what :func:`run` does for a program that reads or writes bytes."""
    words = [str(word) for word in command]
    try:
        return subprocess.run(
            words, cwd=cwd, env=build_environment() if env is None else dict(env), input=data, capture_output=True,
            check=False, umask=umask,
        )  # fmt: skip
    except OSError as error:
        raise cannot_start(words[0], error) from error


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

    Raises BuildError with the end of its output when it fails; ``what`` is the sentence before that, ``next_step``
    what to do about it.
    """
    done = run(command, cwd=cwd, env=env, text=text)
    if done.status:
        sentence = what or f"{' '.join(done.command)} failed with status {done.status}"
        raise BuildError(f"{sentence}:\n{done.said[-SHOWN_CHARACTERS:]}", next_step)
    return done.stdout


def show(
    command: Sequence[Word], *, cwd: Path | None = None, env: Mapping[str, str] | None = None, text: str | None = None
) -> int:
    """Run ``command`` on the user's terminal, in the user's environment unless ``env`` is given; return its status."""
    words = [str(word) for word in command]
    try:
        return subprocess.run(
            words, cwd=cwd, env=dict(env or os.environ), input=text, text=True, check=False
        ).returncode
    except OSError as error:
        raise cannot_start(words[0], error) from error


@contextmanager
def started(
    command: Sequence[Word],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdout: int | IO[bytes] = subprocess.DEVNULL,
    stderr: int | IO[bytes] = subprocess.DEVNULL,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start ``command`` without stdin; whatever happens in the block, it has ended afterwards."""
    words = [str(word) for word in command]
    try:
        process = subprocess.Popen(
            words, cwd=cwd, env=build_environment() if env is None else dict(env), stdin=subprocess.DEVNULL,
            stdout=stdout, stderr=stderr,
        )  # fmt: skip
    except OSError as error:
        raise cannot_start(words[0], error) from error
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
        process.wait()


def cannot_start(program: str, error: OSError) -> BuildError:
    """Return the error for a program that cannot be started, with the package that has it."""
    name = Path(program).name
    return BuildError(
        f"{program} cannot be run: {error.strerror}.", f"install {PACKAGES.get(name, f'a package with {name}')}."
    )
