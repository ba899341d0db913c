# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch wheels of pure Python with pip. A requirements file pins each of them by its version and its hash.

A wheel in the user's downloads folder is preferred to pip's package index.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from mpykbuild.base import recipe
from mpykbuild.base.cache import Product, build_once
from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import run

# A wheel without a platform and without an ABI has no C code.
PURE = ("--only-binary", ":all:", "--implementation", "py", "--abi", "none", "--platform", "any")
TAIL_LINES = 12
# pip's sentence for a package that has no fitting wheel.
_NO_WHEEL = re.compile(r"No matching distribution found for (\S+)")
_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;]+)((?:\s+--hash=sha256:[0-9a-f]{64})+)")


def wheels_product(requirements: Path, minor: str, cache_root: Path) -> Product:
    """Return the product with the wheels of ``requirements`` for Python ``minor``.

    Raises BuildError if the file cannot be read or does not pin each package.
    """
    inputs: dict[str, str | bytes] = {"python": minor, "pins": "\n".join(sorted(pins(requirements)))}
    return recipe.product(cache_root, "wheels", f"{requirements.stem}-cp{minor}", (__name__,), inputs)


def pins(requirements: Path) -> list[str]:
    """Return the requirements of a file, each with its hashes in one line."""
    try:
        text = requirements.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(f"packages={requirements} cannot be read: {error}.", "give a requirements file.") from error
    lines = [line.partition(" #")[0] for line in text.replace("\\\n", " ").splitlines()]
    wanted = [" ".join(line.split()) for line in lines if line.strip() and not line.lstrip().startswith("#")]
    wrong = [line for line in wanted if not _PIN.fullmatch(line)]
    if wrong:
        raise BuildError(
            f"{requirements} must pin each package by version and hash, but it has:\n  " + "\n  ".join(wrong),
            "write NAME==VERSION --hash=sha256:…; `pip hash WHEEL` prints the hash.",
        )
    return wanted


def provide_wheels(wanted: Product, requirements: Path, minor: str, downloads: Path | None) -> Path:
    """Return the folder of ``wanted``. If it is not there yet, pip fetches the wheels and checks their hashes."""

    def make(folder: Path) -> None:
        lines = folder / "pins.txt"
        lines.write_text("".join(f"{line}\n" for line in pins(requirements)), encoding="utf-8")
        local = ["--no-index", "--find-links", str(downloads)]
        said = _download(lines, minor, folder, local) if downloads else "no folder"
        said = said and _download(lines, minor, folder, [])
        if said:
            raise _error(requirements, minor, said)

    return build_once(wanted, make, {"python": minor})


def _download(lines: Path, minor: str, folder: Path, options: list[str]) -> str:
    """Let pip download the wheels into ``folder``. Return what it printed if it failed; empty otherwise."""
    command = [
        sys.executable, "-I", "-m", "pip", "download", "--disable-pip-version-check", "--no-input", "--no-deps",
        "--require-hashes", *PURE, "--python-version", minor, *options, "--dest", str(folder), "-r", str(lines),
    ]  # fmt: skip
    done = run(command, env={name: value for name, value in os.environ.items() if name != "PIP_USER"})
    return done.output.strip() or f"pip ended with status {done.status}" if done.status else ""


def _error(requirements: Path, minor: str, said: str) -> BuildError:
    found = _NO_WHEEL.search(said)
    if found:
        return BuildError(
            f"{found[1]} in {requirements} has no wheel of pure Python for Python {minor}: it has C code, needs "
            "another Python, or does not exist.",
            "take it out of the file. Only pure Python can be added to the bundle.",
        )
    tail = "\n".join(said.splitlines()[-TAIL_LINES:])
    return BuildError(
        f"pip could not fetch the packages of {requirements}:\n{tail}",
        "check the versions and hashes, and that pip reaches its package index; or give the wheels in downloads=DIR.",
    )
