# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of the project in which tests run the real SCons."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mpykbuild.base.process import Finished
from mpykbuild.targets import reproduce
from support.session import Variant


@dataclass(frozen=True)
class ProjectCopy:
    """A built copy in ``root``. ``arguments`` name the crash tree and the Python of ``variant``."""

    root: Path
    variant: Variant
    arguments: tuple[str, ...]

    @classmethod
    def build(cls, place: Path, variant: Variant) -> ProjectCopy:
        """Copy the project into ``place`` and build it. Raises AssertionError with the output if that fails."""
        around = reproduce.SURROUNDINGS[-1]
        root = reproduce.copy_project(place / around.folder)
        arguments = (f"crash={','.join(str(tree) for tree in variant.trees)}", f"python={variant.python}")
        done = reproduce.run_scons(root, list(arguments), around)
        assert done.status == 0, done.output
        return cls(root, variant, arguments)

    @property
    def extension(self) -> Path:
        return self.root / "build" / "mpykdump.so"

    def scons(self, *arguments: str) -> Finished:
        """Run SCons with these arguments instead of those of the first build."""
        return reproduce.run_scons(self.root, list(arguments))

    def rebuild(self) -> list[str]:
        """Build again. Return the lines of the steps, such as ``Compiling build/…/epython.os``."""
        done = reproduce.run_scons(self.root, ["-Q", *self.arguments], reproduce.SURROUNDINGS[-1])
        assert done.status == 0, done.output
        return [line for line in done.output.splitlines() if "is up to date" not in line]
