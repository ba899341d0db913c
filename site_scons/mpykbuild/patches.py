# SPDX-License-Identifier: GPL-3.0-or-later
"""Our patches to CPython: ``python-src-patches/3.N/series`` and the files that it names.

Each patch begins with three headers, so that whoever meets one that no longer applies knows what to do:
``Why:`` it is there, ``Upstream:`` a link or "local", ``Drop:`` when it may go.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from mpykbuild.errors import BuildError

HEADERS = ("Why:", "Upstream:", "Drop:")
_TARGET = re.compile(r"^\+\+\+ [^/\s]+/(\S+)", re.MULTILINE)
_HUNK_TROUBLE = re.compile(r"FAILED|can't find file|malformed|Reversed")


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


def inputs(folder: Path) -> dict[str, bytes]:
    """Return the content of the patches by name, and their order, for the hash of a product."""
    found = series(folder)
    order = "\n".join(path.name for path in found).encode()
    return {"series": order, **{path.name: path.read_bytes() for path in found}}


def apply(folder: Path, tree: Path, env: Mapping[str, str]) -> None:
    """Apply the series to ``tree``, exactly (no fuzz); BuildError names the patch and the file that do not fit."""
    for patch in series(folder):
        command = ["patch", "-p1", "--fuzz=0", "--batch", "--forward", "--no-backup-if-mismatch", "-r", "-"]
        try:
            result = subprocess.run(
                [*command, "-i", str(patch.resolve())], cwd=tree, env=dict(env), text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=False,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise BuildError("The program 'patch' is not there.", "install the package 'patch'") from error
        if result.returncode:
            files = ", ".join(_files_in_trouble(patch, tree, result.stdout))
            raise BuildError(
                f"The patch {patch} does not apply to {files} in {tree}; patch said:\n{result.stdout.rstrip()}",
                "refresh the patch for this Python release, or drop it when its header says that it may go",
            )


def _files_in_trouble(patch: Path, tree: Path, output: str) -> list[str]:
    """Return the files that ``patch`` complained about, else those that are missing, else all of them."""
    current, blamed = "", []
    for line in output.splitlines():
        if line.startswith("patching file "):
            current = line.removeprefix("patching file ").strip("'")
        elif _HUNK_TROUBLE.search(line) and current and current not in blamed:
            blamed.append(current)
    targets = _TARGET.findall(patch.read_text())
    return blamed or [name for name in targets if not (tree / name).is_file()] or targets
