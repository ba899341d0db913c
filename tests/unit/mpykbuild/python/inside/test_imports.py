# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the modules that a file imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from mpykbuild.python.inside import imports
from support.fakepython import write

TREE = {
    "top.py": "import a.b\ndef f():\n    from pkg import sub, name\n",
    "pkg/__init__.py": "from .sub import x\nfrom . import sub\n",
    "pkg/sub.py": "from ..top import f\nfrom .. import other\n",
    "other.py": "import os.path\n",
}


def test_imports_at_any_depth_with_their_packages(tmp_path: Path) -> None:
    write(tmp_path, TREE)
    assert imports.imported_modules(tmp_path, Path("top.py")) == {"a", "a.b", "pkg", "pkg.sub"}
    assert imports.imported_modules(tmp_path, Path("pkg/__init__.py")) == {"pkg", "pkg.sub"}


def test_what_is_neither_listed_nor_built_in(tmp_path: Path) -> None:
    found = imports.unmet_imports({"m": ["n", "os", "sys", "os.path"], "n": ["os"]}, frozenset({"sys"}))
    assert found == {"os": {"m", "n"}}


def test_as_a_program_it_answers_in_json(tmp_path: Path) -> None:
    write(tmp_path, TREE)
    request = json.dumps({"lib": str(tmp_path), "files": ["pkg/__init__.py", "other.py"]})
    answer = subprocess.run(
        [sys.executable, "-I", imports.__file__], input=request, capture_output=True, text=True, check=True
    )
    assert json.loads(answer.stdout) == {"pkg": ["pkg", "pkg.sub"], "other": ["os", "os.path"]}
