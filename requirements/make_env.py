# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a private environment: ``make_env.py FOLDER REQUIREMENTS``. Called by sconsw, under the machine's Python.

It is made in place, because the scripts of an environment do not survive a renaming. What tells that it is whole is
the file ``complete`` in it, written last; a second caller waits until the first is done.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

TAIL_LINES = 20
# Where pip would put packages instead of into the environment.
ASTRAY = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")


def is_complete(folder: Path) -> bool:
    """Tell whether the environment is whole and its Python still the one that it was made for."""
    try:
        made_for = (folder / "complete").read_text().strip()
    except OSError:
        return False
    return made_for == os.path.realpath(folder / "bin" / "python") and os.access(made_for, os.X_OK)


def install(folder: Path, requirements: Path, log: Path) -> int:
    """Let pip install exactly the pinned files; return its status."""
    command = [
        str(folder / "bin" / "python"), "-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
        "--no-deps", "--prefer-binary", "--require-hashes", "-r", str(requirements),
    ]  # fmt: skip
    env = {name: value for name, value in os.environ.items() if name not in ASTRAY}
    with log.open("wb") as out:
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    return done.returncode


def make(folder: Path, requirements: Path) -> int:
    """Make the environment unless it is there; return the exit status for sconsw."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    log = folder.with_name(folder.name + ".log")
    with folder.with_name(folder.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_complete(folder):
            return 0
        print(f"sconsw: making a private Python environment in {folder}", file=sys.stderr, flush=True)
        if folder.exists():
            shutil.rmtree(folder)
        venv.create(folder, with_pip=True, symlinks=True)
        if install(folder, requirements, log):
            tail = log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
            print("\n".join(tail), file=sys.stderr)
            print(f"sconsw: pip could not install {requirements.name}; its log is {log}", file=sys.stderr)
            return 1
        (folder / "complete").write_text(os.path.realpath(folder / "bin" / "python") + "\n")
    return 0


def main(arguments: Sequence[str]) -> int:
    folder, requirements = map(Path, arguments)
    try:
        return make(folder, requirements)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"sconsw: the private environment {folder} cannot be made: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
