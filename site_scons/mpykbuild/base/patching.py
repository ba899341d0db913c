# SPDX-License-Identifier: GPL-3.0-or-later
"""Apply patches with ``patch``. A patch must fit exactly; the error names the files that it does not fit."""

from __future__ import annotations

import re
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import run

# No fuzz: a patch that fits only roughly was made for other code.
COMMAND = ("patch", "-p1", "--fuzz=0", "--batch", "--forward")
_CHANGED_FILE = re.compile(r"^\+\+\+ [^/\s]+/(\S+)", re.MULTILINE)
_COMPLAINT = re.compile(r"FAILED|can't find file|malformed|Reversed")


def changed_files(patch: Path) -> list[str]:
    """Return the files that a patch changes: its file names without their first folder (``-p1``)."""
    return _CHANGED_FILE.findall(patch.read_text(errors="replace"))


def fits(patch: Path, tree: Path) -> bool:
    """Return whether ``patch`` can be applied to ``tree``. The tree is not changed."""
    return run([*COMMAND, "--dry-run", "-i", patch.resolve()], cwd=tree).status == 0


def apply_patch(patch: Path, tree: Path) -> None:
    """Apply ``patch`` to ``tree``. Leave no .rej or .orig files there.

    Raises BuildError, which names the patch and the files that it does not fit.
    """
    done = run([*COMMAND, "--no-backup-if-mismatch", "-r", "-", "-i", patch.resolve()], cwd=tree)
    if done.status:
        files = ", ".join(_files_that_do_not_fit(patch, tree, done.stdout))
        raise BuildError(
            f"The patch {patch} does not apply to {files} in {tree}. The output of patch:\n{done.output}",
            "refresh the patch for this release, or drop it from its series if upstream has the change.",
        )


def _files_that_do_not_fit(patch: Path, tree: Path, output: str) -> list[str]:
    """Return the files that ``patch`` complained about. If there are none: the missing files, or else all files."""
    current, blamed = "", []
    for line in output.splitlines():
        if line.startswith("patching file "):
            current = line.removeprefix("patching file ").strip("'")
        elif _COMPLAINT.search(line) and current and current not in blamed:
            blamed.append(current)
    targets = changed_files(patch)
    return blamed or [name for name in targets if not (tree / name).is_file()] or targets
