# SPDX-License-Identifier: GPL-3.0-or-later
"""Add zlib's sources to a CPython tree. CPython has the module ``zlib``, but not the library.

The rows of Setup.local compile these sources into the module. So the library is a part of libpython.a for every
machine that CPython is built for, and nothing else has to be linked.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.python import steps as python_steps

# Where the rows of Setup.local look for the sources.
FOLDER = Path("Modules", "zlib")


def source_with_zlib(python: Callable[[Path], None], zlib: Callable[[Path], None], folder: Path) -> None:
    """Write a CPython tree with zlib's sources into the empty ``folder``.

    ``python`` and ``zlib`` each write their own tree into the empty folder that they get. Raises BuildError when a
    tree is wrong.
    """
    python(folder)
    target = python_steps.source_root(folder) / FOLDER
    with tempfile.TemporaryDirectory(dir=folder.parent) as work:
        zlib(Path(work))
        if not Path(work, "zlib.h").is_file():
            raise BuildError("The source of zlib has no zlib.h.", "correct its row in site_scons/sources.json.")
        target.mkdir()
        for path in (*Path(work).glob("*.c"), *Path(work).glob("*.h")):
            shutil.copy2(path, target / path.name)
