# SPDX-License-Identifier: GPL-3.0-or-later
"""ext/prebuilt_shims/hash_*.c against the hashlib of the Python that runs the tests."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from mpykbuild.base.paths import PROJECT
from support.fakepython import HOST_PYTHON


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_our_own_hash_functions_equal_hashlib(tmp_path: Path) -> None:
    """By the names of HACL*, through a small shared object."""
    library = tmp_path / "hashes.so"
    sources = [str(path) for path in sorted((PROJECT / "ext" / "prebuilt_shims").glob("hash_*.c"))]
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-w", '-D__attribute__(x)=', "-o", str(library), *sources], check=True
    )  # fmt: skip
    done = subprocess.run(
        [HOST_PYTHON, "-I", str(Path(__file__).with_name("hash_probe.py")), str(library)],
        text=True, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["wrong"] == []
    assert answer["compared"] > 200
