# SPDX-License-Identifier: GPL-3.0-or-later
"""Small C programs around units of ext/ that need neither Python nor crash, built with sanitizers."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mpykbuild.paths import PROJECT

FLAGS = ["-std=gnu11", "-g", "-Wall", "-Wextra", "-Werror", f"-I{PROJECT / 'ext'}"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def build(folder: Path, probe: str, *units: str) -> Path:
    """Compile ``tests/unit/PROBE`` with units of ext/; headers may also be in ``folder``."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("needs gcc")
    program = folder / Path(probe).stem
    sources = [PROJECT / "tests/unit" / probe, *(PROJECT / "ext" / unit for unit in units)]
    subprocess.run([compiler, *FLAGS, f"-I{folder}", *SANITIZE, "-o", program, *sources], check=True)
    return program


def run(program: Path, *words: object) -> list[str]:
    """Return the lines that it printed; the sanitizers end it at the first wild read, leak or overflow."""
    done = subprocess.run(
        [program, *map(str, words)], capture_output=True, text=True, errors="replace", check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()
