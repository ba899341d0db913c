# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that tries imports in another interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from mpykbuild.python.inside import import_probe


def test_reasons_are_given_for_what_fails(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise RuntimeError('no such machine')\n")
    # xml.sax raises an exception of its own if there is no expat.
    (tmp_path / "odd.py").write_text("class Odd(Exception): pass\nraise Odd('no parser')\n")
    done = subprocess.run(
        [sys.executable, import_probe.__file__], input=json.dumps(["json", "absent_module", "broken", "odd"]),
        env={"PYTHONPATH": str(tmp_path)}, text=True, capture_output=True, check=True,
    )  # fmt: skip
    answer = json.loads(done.stdout)
    assert answer == {
        "absent_module": "No module named 'absent_module'", "broken": "no such machine", "odd": "no parser"
    }  # fmt: skip
