# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that imports packages from a bundle."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from mpykbuild.python.inside import package_probe


def test_failures_are_reported_with_the_missing_module(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text("print('noise')\n")
    (tmp_path / "bad.py").write_text("import tkinter\n")
    (tmp_path / "worse.py").write_text("1 / 0\n")
    (tmp_path / "editing.py").write_text("import readline\nfrom readline import add_history\nadd_history('x')\n")
    question = json.dumps({"path": [str(tmp_path)], "modules": ["good", "bad", "worse", "editing"]})
    command = [sys.executable, "-I", "-S", package_probe.__file__]
    done = subprocess.run(command, input=question, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {
        "bad": ["ModuleNotFoundError: No module named 'tkinter'", "tkinter"],
        "worse": ["ZeroDivisionError: division by zero", ""],
    }
    assert done.stderr == "noise\n"
