# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way to apply a patch: exactly, and with the file that does not fit named in the error."""

from __future__ import annotations

import re
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import run

# No fuzz: a patch that fits only nearly was made for other code. No .rej and .orig files are left behind.
COMMAND = ("patch", "-p1", "--fuzz=0", "--batch", "--forward")
_CHANGED_FILE = re.compile(r"^\+\+\+ [^/\s]+/(\S+)", re.MULTILINE)
_HUNK_TROUBLE = re.compile(r"FAILED|can't find file|malformed|Reversed")


def changed_files(patch: Path) -> list[str]:
    """Return the files that a patch changes, as it names them without their first folder."""
    return _CHANGED_FILE.findall(patch.read_text(errors="replace"))


def fits(patch: Path, tree: Path) -> bool:
    """Return whether ``patch`` could be applied to ``tree``."""
    return run([*COMMAND, "--dry-run", "-i", patch.resolve()], cwd=tree).status == 0


def apply_patch(patch: Path, tree: Path) -> None:
    """Apply ``patch`` to ``tree``. Raises BuildError that names the patch and the files that do not fit."""
    done = run([*COMMAND, "--no-backup-if-mismatch", "-r", "-", "-i", patch.resolve()], cwd=tree)
    if done.status:
        files = ", ".join(_files_in_trouble(patch, tree, done.stdout))
        raise BuildError(
            f"The patch {patch} does not apply to {files} in {tree}; patch said:\n{done.said}",
            "refresh the patch for this release, or drop it from its series if upstream has the change",
        )


def _files_in_trouble(patch: Path, tree: Path, output: str) -> list[str]:
    """Return the files that ``patch`` complained about, else those that are missing, else all of them."""
    current, blamed = "", []
    for line in output.splitlines():
        if line.startswith("patching file "):
            current = line.removeprefix("patching file ").strip("'")
        elif _HUNK_TROUBLE.search(line) and current and current not in blamed:
            blamed.append(current)
    targets = changed_files(patch)
    return blamed or [name for name in targets if not (tree / name).is_file()] or targets
