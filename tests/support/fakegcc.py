# SPDX-License-Identifier: GPL-3.0-or-later
"""A gcc at the front of $PATH that writes down what it is asked to compile, and does it."""

from __future__ import annotations

import os
import shlex
from pathlib import Path


def recording_gcc(folder: Path, calls: Path) -> str:
    """Make it in ``folder``, to write a line a call into ``calls``; return the $PATH for it."""
    folder.mkdir()
    path = os.environ["PATH"]
    text = f'#!/bin/sh\necho "$*" >> {shlex.quote(str(calls))}\nPATH={shlex.quote(path)} exec gcc "$@"\n'
    (folder / "gcc").write_text(text)
    (folder / "gcc").chmod(0o755)
    return f"{folder}:{path}"


def compiled(calls: Path) -> list[str]:
    """Return the names of the sources that were compiled; each must have had a command of its own."""
    names = []
    for line in calls.read_text().splitlines():
        words = line.split()
        sources = [word for word in words if word.endswith(".c")]
        if "-c" in words:
            assert len(sources) == 1, line
            names.append(Path(sources[0]).name)
        elif "-v" not in words and "-w" not in words:
            assert not sources, f"compiled and linked at once: {line}"
    return names
