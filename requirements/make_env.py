# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a private Python environment: ``make_env.py FOLDER REQUIREMENTS``. sconsw runs this with the machine's Python.

The environment is made in place, because its scripts contain its path. The file ``complete``, which is written last,
shows that the environment is complete. A lock makes a second caller wait for the first one.
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

# The lines of pip's log that are printed when it fails.
TAIL_LINES = 20
# With these variables pip would install the packages in another place.
PIP_PLACES = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT")


def is_complete(folder: Path) -> bool:
    """Return whether the environment is complete and still has the Python that it was made with."""
    try:
        made_with = (folder / "complete").read_text().strip()
    except OSError:
        return False
    return made_with == os.path.realpath(folder / "bin" / "python") and os.access(made_with, os.X_OK)


def install(folder: Path, requirements: Path, log: Path) -> int:
    """Install exactly the pinned packages with pip, whose output goes to ``log``. Return pip's status."""
    command = [
        str(folder / "bin" / "python"), "-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
        "--no-deps", "--prefer-binary", "--require-hashes", "-r", str(requirements),
    ]  # fmt: skip
    env = {name: value for name, value in os.environ.items() if name not in PIP_PLACES}
    with log.open("wb") as out:
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    return done.returncode


def make(folder: Path, requirements: Path) -> int:
    """Make the environment if it is not complete. Return the exit status for sconsw."""
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
            print(f"sconsw: pip cannot install {requirements.name}; its log is {log}", file=sys.stderr)
            return 1
        (folder / "complete").write_text(os.path.realpath(folder / "bin" / "python") + "\n")
    return 0


def main(arguments: Sequence[str]) -> int:
    """Make the environment that ``arguments`` describe. Return the exit status; an error is printed."""
    folder, requirements = map(Path, arguments)
    try:
        return make(folder, requirements)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"sconsw: the private environment {folder} cannot be made: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
