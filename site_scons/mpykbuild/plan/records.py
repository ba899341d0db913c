# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of a run: plans for each product, each Python and each crash, and the variants, which are their pairs.

SConstruct has them before anything is built: a plan says where a product will be and how to make it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.base.cache import Product
from mpykbuild.toolchain.crash_targets import TARGETS


@dataclass(frozen=True)
class Plan:
    """A product of the cache. ``make`` builds it and returns its folder.

    ``link`` is the symbolic link in the project's folder that leads to the product.
    """

    title: str
    product: Product
    make: Callable[[], Path]
    link: Path | None = None

    def is_in_place(self) -> bool:
        """Return whether the product is built and ``link`` leads to it."""
        return self.product.is_built() and (self.link is None or self.link.resolve() == self.folder.resolve())

    def provide(self) -> None:
        """Make the product if it is not built yet, and let ``link`` lead to it."""
        self.make()
        if self.link is not None:
            self.link.parent.mkdir(parents=True, exist_ok=True)
            self.link.unlink(missing_ok=True)
            self.link.symlink_to(self.folder)

    @property
    def folder(self) -> Path:
        return self.product.path

    def stamp_text(self) -> str:
        """Return the content of the stamp file. It changes if, and only if, the product changes."""
        return json.dumps({"folder": str(self.folder), "key": self.product.key}, indent=2) + "\n"


@dataclass(frozen=True)
class PythonPlan:
    """The static CPython of one release. ``host`` is the machine that it runs on, empty for this one.

    ``packages`` are products with the wheels of packages that are bundled with it. ``helper`` is the same Python for
    this machine, which builds one for another machine.
    """

    version: str
    minor: str
    plan: Plan
    host: str = ""
    packages: tuple[Plan, ...] = ()
    helper: Plan | None = None

    @property
    def folder(self) -> Path:
        return self.plan.folder

    @property
    def tag(self) -> str:
        """The tag of wheels, such as ``cp313`` for 3.13."""
        return "cp" + self.minor.replace(".", "")


@dataclass(frozen=True)
class CrashPlan:
    """A crash tree to build against. ``plan`` is None for a tree that the user has built: it is used as it is.

    ``machine`` is the machine that it runs on, None for this one. Without ``has_program`` the tree has headers only.
    """

    version: str
    target: str
    gdb_major: int
    tree: Path
    plan: Plan | None
    machine: str | None = None
    has_program: bool = True

    @property
    def program(self) -> Path:
        return self.tree / "crash"

    @property
    def version_numbers(self) -> tuple[int, ...]:
        """The version as a tuple of numbers, for comparison."""
        return tuple(int(number) for number in self.version.split("."))

    def watched_files(self) -> list[Path]:
        """Return the files of a built tree that change when the user builds another crash in it."""
        return [self.tree / name for name in ("defs.h", "build_data.c", "Makefile", "crash")]


@dataclass(frozen=True)
class Variant:
    """One artefact: the crashes that it supports, the oldest first, and its Python.

    ``machine`` is the machine that it runs on. ``target`` is the architecture of the dumps that it reads.
    """

    crashes: tuple[CrashPlan, ...]
    python: PythonPlan
    machine: str

    @property
    def crash(self) -> CrashPlan:
        """The newest crash. All units except the bridges are compiled against its tree."""
        return self.crashes[-1]

    @property
    def versions(self) -> tuple[str, ...]:
        return tuple(crash.version for crash in self.crashes)

    @property
    def crash_by_gdb(self) -> dict[int, CrashPlan]:
        """The crash whose tree the bridge for a gdb major is compiled against, by major."""
        return {crash.gdb_major: crash for crash in self.crashes}

    @property
    def target(self) -> str:
        return self.crash.target

    @property
    def name(self) -> str:
        native = self.machine in TARGETS[self.target].machines
        places = self.machine if native else f"{self.machine}-for-{self.target.lower()}"
        return f"{places}-crash{'+'.join(self.versions)}-{self.python.tag}"
