# SPDX-License-Identifier: GPL-3.0-or-later
"""Our patches to CPython: ``python-src-patches/3.N/series`` and the files that it names.

Each patch begins with three headers, so that whoever meets one that no longer applies knows what to do:
``Why:`` it is there, ``Upstream:`` a link or "local", ``Drop:`` when it may go.
"""

from __future__ import annotations

import re
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.patching import apply_patch

HEADERS = ("Why:", "Upstream:", "Drop:")


def series(folder: Path) -> list[Path]:
    """Return the patches of ``folder/series`` in order; an absent series means none."""
    listing = folder / "series"
    if not listing.is_file():
        return []
    names = [line.partition("#")[0].strip() for line in listing.read_text().splitlines()]
    patches = [folder / name for name in names if name]
    problems = [problem for patch in patches for problem in _faults(patch)]
    problems += [
        f"{path.name} is not named in {listing}" for path in sorted(folder.glob("*.patch")) if path not in patches
    ]
    if problems:
        raise BuildError(f"The patches in {folder} are not in order:\n  " + "\n  ".join(problems), "correct them")
    return patches


def _faults(patch: Path) -> list[str]:
    if not patch.is_file():
        return [f"{patch.name} is named in the series, but is not there"]
    head = patch.read_text().partition("\n--- ")[0]
    missing = [header for header in HEADERS if not re.search(f"^{header} *\\S", head, re.MULTILINE)]
    return [f"{patch.name} does not begin with the headers {', '.join(missing)}"] if missing else []


def patch_inputs(folder: Path) -> dict[str, bytes]:
    """Return the content of the patches by name, and their order, for the hash of a product."""
    found = series(folder)
    order = "\n".join(path.name for path in found).encode()
    return {"series": order, **{path.name: path.read_bytes() for path in found}}


def apply_series(folder: Path, tree: Path) -> None:
    """Apply the series to ``tree``, exactly (no fuzz); BuildError names the patch and the file that do not fit."""
    for patch in series(folder):
        apply_patch(patch, tree)
