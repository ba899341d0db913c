# SPDX-License-Identifier: GPL-3.0-or-later
"""Small C programs around units of ext/ that need neither Python nor crash, built with sanitizers.

Programs and units are named by their rooms: ``btf/block_probe.c`` in tests/unit/ext, ``btf/block.c`` in ext.

They can also be built for a machine of the other byte order, without sanitizers, and run by qemu-user.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from mpykbuild.base.paths import PROJECT
from mpykbuild.toolchain.hosts import HOSTS

# Parameters for the fixtures of readers that must work on either: this machine, and a big-endian one.
MACHINES = ("", "s390x")
# The byte order of each of them, as struct.pack() writes it.
ORDER = {"": "=", "s390x": ">"}
FLAGS = ["-std=gnu11", "-g", "-Wall", "-Wextra", "-Werror", f"-I{PROJECT / 'ext'}"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def build(folder: Path, probe: str, *units: str, options: Sequence[str] = (), machine: str = "") -> Path:
    """Compile ``tests/unit/ext/PROBE`` with units of ext/; headers may also be in ``folder``.

    ``options`` follow the sources, for example a library. ``machine`` is one of ``MACHINES``.
    """
    name = HOSTS[machine].tool("gcc") if machine else "gcc"
    compiler = shutil.which(name)
    if compiler is None:
        pytest.skip(f"needs {name}")
    program = folder / Path(probe).stem
    sources = [PROJECT / "tests/unit/ext" / probe, *(PROJECT / "ext" / unit for unit in units)]
    flags = ["-static"] if machine else SANITIZE
    subprocess.run([compiler, *FLAGS, f"-I{folder}", *flags, "-o", program, *sources, *options], check=True)
    return _emulated(program, HOSTS[machine].emulator) if machine else program


def _emulated(program: Path, emulator: str) -> Path:
    """Return a script that runs a program for another machine."""
    found = shutil.which(emulator)
    if found is None:
        pytest.skip(f"needs {emulator}")
    script = program.with_suffix(".sh")
    script.write_text(f'#!/bin/sh\nexec {found} {program} "$@"\n')
    script.chmod(0o755)
    return script


def run(program: Path, *words: object) -> list[str]:
    """Run a program and return its lines. The sanitizers end it at a wrong read, a leak or an overflow."""
    done = subprocess.run(
        [program, *map(str, words)], capture_output=True, text=True, errors="replace", check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()
