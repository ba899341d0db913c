# SPDX-License-Identifier: GPL-3.0-or-later
"""What one run of the build is about: which Pythons, which crashes, which pairs of them, which vmcore.

Everything here is known when SConstruct is read, without network and without building: a plan says where a product
will be and how to make it when it is not there.
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
    """A product and the way to it.

    ``link`` is where the project's own folder shows it.
    """

    title: str
    product: Product
    make: Callable[[], Path]
    link: Path | None = None

    def is_in_place(self) -> bool:
        """Return whether the product is there and ``link`` leads to it."""
        return self.product.is_built() and (self.link is None or self.link.resolve() == self.folder.resolve())

    def provide(self) -> None:
        """Make the product unless it is there, and let ``link`` lead to it."""
        self.make()
        if self.link is not None:
            self.link.parent.mkdir(parents=True, exist_ok=True)
            self.link.unlink(missing_ok=True)
            self.link.symlink_to(self.folder)

    @property
    def folder(self) -> Path:
        return self.product.path

    def stamp_text(self) -> str:
        """Return what stands in the stamp file: it changes when, and only when, the product is another one."""
        return json.dumps({"folder": str(self.folder), "key": self.product.key}, indent=2) + "\n"


@dataclass(frozen=True)
class PythonPlan:
    """The static CPython of one release; ``host`` is the machine that it is for, when that is not this one."""

    version: str
    minor: str
    plan: Plan
    host: str = ""

    @property
    def folder(self) -> Path:
        return self.plan.folder

    @property
    def tag(self) -> str:
        """``cp313`` for 3.13, as in the names of wheels."""
        return "cp" + self.minor.replace(".", "")


@dataclass(frozen=True)
class CrashPlan:
    """A crash tree to build against. ``plan`` is None when the user's tree is built already: it is used as it is.

    ``machine`` is the one that it is for, when that is not this one; without ``has_program`` there are only headers.
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
    def order(self) -> tuple[int, ...]:
        """The version as numbers, which can be compared."""
        return tuple(int(number) for number in self.version.split("."))

    def witnesses(self) -> list[Path]:
        """Return the files of a built tree whose change means another crash."""
        return [self.tree / name for name in ("defs.h", "build_data.c", "Makefile", "crash")]


@dataclass(frozen=True)
class Variant:
    """One artefact: the crashes that it is for, oldest first, and a Python.

    ``machine`` is where it runs; ``target`` is whose dumps it reads, on most machines their own.
    """

    crashes: tuple[CrashPlan, ...]
    python: PythonPlan
    machine: str

    @property
    def crash(self) -> CrashPlan:
        """The newest crash: the units that know only crash are compiled against its tree."""
        return self.crashes[-1]

    @property
    def versions(self) -> tuple[str, ...]:
        return tuple(crash.version for crash in self.crashes)

    @property
    def bridged(self) -> dict[int, CrashPlan]:
        """For each gdb major the crash against which its bridge is compiled."""
        return {crash.gdb_major: crash for crash in self.crashes}

    @property
    def target(self) -> str:
        return self.crash.target

    @property
    def name(self) -> str:
        native = self.machine in TARGETS[self.target].machines
        places = self.machine if native else f"{self.machine}-for-{self.target.lower()}"
        return f"{places}-crash{'+'.join(self.versions)}-{self.python.tag}"
