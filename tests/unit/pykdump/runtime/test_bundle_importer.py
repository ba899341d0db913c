# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages of an archive whose file is gone."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[4]
PROGRAM = (
    "import io, os, sys\nsys.path[:0] = sys.argv[1:3]\n"
    "import pykdump.runtime.bundle_importer as b\nb.install(); b.install()\n"
    "import one, _io\nkept = open(sys.argv[2], 'rb')\nos.unlink(sys.argv[2])\n"
    # What ext/extension/bundle_file.c does.
    "_io.open_code = lambda path: open(f'/proc/self/fd/{kept.fileno()}', 'rb')\n"
    "import package.sub.mod\nprint(package.sub.mod.value, package.sub.mod.__file__, len(sys.path_hooks))\n"
)


def test_a_package_is_found(tmp_path: Path) -> None:
    archive = tmp_path / "bundle.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("one.py", "package/__init__.py", "package/sub/__init__.py"):
            file.writestr(name, "")
        file.writestr("package/sub/mod.py", "value = 7")
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PROGRAM, str(ROOT), str(archive)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == f"7 {archive}/package/sub/mod.py 3\n", done.stderr
