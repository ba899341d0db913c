# SPDX-License-Identifier: GPL-3.0-or-later
"""Our patches to CPython: ``python-src-patches/3.N/series`` and the files that it names.

Each patch begins with three headers. They help you when the patch no longer applies: ``Why:`` the reason for the
patch, ``Upstream:`` a link or "local", ``Drop:`` the condition under which it can be removed.
"""

from __future__ import annotations

import re
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.patching import apply_patch

HEADERS = ("Why:", "Upstream:", "Drop:")


def series(folder: Path) -> list[Path]:
    """Return the patches of ``folder/series`` in order; none if there is no such file.

    Raises BuildError with all the patches that are missing, have no headers, or are not in the series.
    """
    listing = folder / "series"
    if not listing.is_file():
        return []
    names = [line.partition("#")[0].strip() for line in listing.read_text().splitlines()]
    patches = [folder / name for name in names if name]
    problems = [problem for patch in patches for problem in _problems(patch)]
    problems += [
        f"{path.name} is not named in {listing}" for path in sorted(folder.glob("*.patch")) if path not in patches
    ]
    if problems:
        raise BuildError(
            f"The patches in {folder} have mistakes:\n  " + "\n  ".join(problems), "correct the patches or the series"
        )
    return patches


def _problems(patch: Path) -> list[str]:
    if not patch.is_file():
        return [f"{patch.name} is named in the series, but is not there"]
    head = patch.read_text().partition("\n--- ")[0]
    missing = [header for header in HEADERS if not re.search(f"^{header} *\\S", head, re.MULTILINE)]
    return [f"{patch.name} does not begin with the headers {', '.join(missing)}"] if missing else []


def patch_inputs(folder: Path) -> dict[str, bytes]:
    """Return the content of each patch by name, and the order of the patches. They are inputs of a product's key."""
    found = series(folder)
    order = "\n".join(path.name for path in found).encode()
    return {"series": order, **{path.name: path.read_bytes() for path in found}}


def apply_series(folder: Path, tree: Path) -> None:
    """Apply the patches of the series to ``tree`` without fuzz. BuildError names the patch and file that do not fit."""
    for patch in series(folder):
        apply_patch(patch, tree)
