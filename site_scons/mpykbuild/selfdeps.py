# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of ``mpykbuild`` a helper module consists of: SCons does not see Python imports by itself."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from mpykbuild.paths import SITE_SCONS

PACKAGE = "mpykbuild"


def _imports(path: Path) -> set[str]:
    """Return the names of the ``mpykbuild`` modules that the file imports, at any depth of its code."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE:
            _, _, module = node.module.partition(".")
            found.update([module] if module else [alias.name for alias in node.names])
        elif isinstance(node, ast.Import):
            found.update(a.name.partition(".")[2] for a in node.names if a.name.startswith(PACKAGE + "."))
    return found


@cache
def closure(*modules: str) -> tuple[Path, ...]:
    """Return the files of ``modules`` (names inside ``mpykbuild``) and of all that they import, sorted."""
    folder = SITE_SCONS / PACKAGE
    waiting, seen = list(modules), set[str]()
    while waiting:
        name = waiting.pop()
        path = folder / f"{name}.py"
        if name not in seen and path.is_file():
            seen.add(name)
            waiting.extend(_imports(path))
    return tuple(sorted(folder / f"{name}.py" for name in seen))
