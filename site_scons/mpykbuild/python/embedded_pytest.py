# SPDX-License-Identifier: GPL-3.0-or-later
"""pytest for the interpreters that we embed. It is a folder of pure Python modules in the cache.

These interpreters have no pip, no site-packages, and no other C modules than those that are built in. We use one
release of pytest for all of them: one that runs under the oldest.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from mpykbuild.base import recipe
from mpykbuild.base.cache import Product, build_once
from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import MANIFESTS, PROJECT
from mpykbuild.base.process import run
from mpykbuild.python import manifest

REQUIREMENTS = PROJECT / "requirements" / "embedded.txt"
PROGRAM = "import sys; sys.path.insert(0, sys.argv.pop(1)); import pytest; sys.exit(pytest.main(sys.argv[1:]))"
TAIL_LINES = 20


def pytest_product(cache_root: Path, requirements: Path = REQUIREMENTS) -> Product:
    """Return the product with the modules of pytest. Raises BuildError if ``requirements`` pins no pytest."""
    pinned = requirements.read_text(encoding="utf-8")
    version = re.search(r"(?m)^pytest==(\S+)", pinned)
    if version is None:
        raise BuildError(
            f"{requirements} pins no pytest.", "make it again from the .in file, as requirements/build.in says."
        )
    inputs: dict[str, str | bytes] = {
        "requirements": pinned,
        "oldest": _oldest(),
    }
    return recipe.product(cache_root, "pytest", version[1], (__name__,), inputs)


def _oldest() -> str:
    """Return the oldest minor release of Python that has a manifest."""
    return manifest.known_minors(MANIFESTS)[0]


def provide_pytest(cache_root: Path, requirements: Path = REQUIREMENTS) -> Path:
    """Return the folder of the modules. If it is not there yet, pip fetches them."""

    def make(folder: Path) -> None:
        # A wheel without a platform and without an ABI runs under all our interpreters.
        fitting = ["--only-binary", ":all:", "--implementation", "py", "--abi", "none", "--platform", "any"]
        command = [
            sys.executable, "-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--no-deps",
            "--no-compile", "--require-hashes", *fitting, "--python-version", _oldest(), "--target", str(folder),
            "-r", str(requirements),
        ]  # fmt: skip
        env = {name: value for name, value in os.environ.items() if name not in ("PIP_USER", "PIP_PREFIX", "PIP_ROOT")}
        done = run(command, env=env)
        if done.status:
            tail = "\n".join(done.output.splitlines()[-TAIL_LINES:])
            raise BuildError(
                f"pip could not install {requirements}:\n{tail}", "check that pip can reach its package index."
            )

    return build_once(pytest_product(cache_root, requirements), make)


def pytest_command(interpreter: Path, modules: Path, words: Sequence[str]) -> list[str]:
    """Return the command that runs pytest in an interpreter that we built, with ``modules`` and its own library only.

    ``words`` are the arguments of pytest. conftest.py is not read: it imports packages that only the environment of
    the build has.
    """
    isolated = ["-I", "-S", "-B", "-c", PROGRAM, str(modules)]
    return [str(interpreter), *isolated, "--noconftest", "-p", "no:cacheprovider", *words]
