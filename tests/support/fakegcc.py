# SPDX-License-Identifier: GPL-3.0-or-later
"""A gcc at the front of $PATH that records its arguments and then compiles."""

from __future__ import annotations

import os
import shlex
from pathlib import Path


def recording_gcc(folder: Path, calls: Path) -> str:
    """Make the gcc in ``folder``. It writes one line for each call to ``calls``. Return the $PATH with it."""
    folder.mkdir()
    path = os.environ["PATH"]
    text = f'#!/bin/sh\necho "$*" >> {shlex.quote(str(calls))}\nPATH={shlex.quote(path)} exec gcc "$@"\n'
    (folder / "gcc").write_text(text)
    (folder / "gcc").chmod(0o755)
    return f"{folder}:{path}"


def compiled(calls: Path) -> list[str]:
    """Return the names of the compiled sources. Each must have been compiled by a separate command."""
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
