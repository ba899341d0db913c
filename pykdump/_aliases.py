# SPDX-License-Identifier: GPL-3.0-or-later
"""The old package name: ``from LinuxDump.Tasks import TaskTable`` means pykdump.linux.tasks.

The old name gives the very same module, so that what a program sets in one is seen through the other.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

PACKAGE = "LinuxDump"
MODULES = {
    "LinuxDump.BTstack": "pykdump.linux.btstack",
    "LinuxDump.KernLocks": "pykdump.linux.kernlocks",
    "LinuxDump.Tasks": "pykdump.linux.tasks",
    "LinuxDump.block": "pykdump.linux.block",
    "LinuxDump.crashcolor": "pykdump.linux.crashcolor",
    "LinuxDump.crashhelper": "pykdump.linux.crashhelper",
    "LinuxDump.fs": "pykdump.linux.fs",
    "LinuxDump.fs.dcache": "pykdump.linux.fs.dcache",
    "LinuxDump.idr": "pykdump.linux.idr",
    "LinuxDump.inet": "pykdump.linux.inet",
    "LinuxDump.inet.netdevice": "pykdump.linux.inet.netdevice",
    "LinuxDump.inet.proto": "pykdump.linux.inet.proto",
    "LinuxDump.libmisc": "pykdump.linux.libmisc",
    "LinuxDump.netdevice": "pykdump.linux.inet.netdevice",
    "LinuxDump.percpu": "pykdump.linux.percpu",
    "LinuxDump.sysctl": "pykdump.linux.sysctl",
    "LinuxDump.trees": "pykdump.linux.trees",
}
# Modules that their authors kept beside their programs, without a package: looked for last, after the program's own.
BARE = {"crashcolor": "LinuxDump.crashcolor", "crashhelper": "LinuxDump.crashhelper"}
# Names of modules that the API has had: each gives all public names of the API and of crash.
FACADES = frozenset(
    "pykdump." + name for name in ("Generic", "datatypes", "highlevel", "lowlevel", "memocaches", "logging", "dlkmload")
)


class _AliasFinder:
    """Finder and loader in one, at the front of sys.meta_path: the bundle wins over what lies about."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != PACKAGE and name not in MODULES and name not in FACADES:
            return None
        return ModuleSpec(name, _AliasFinder(), is_package=name == PACKAGE)  # type: ignore[arg-type]

    @staticmethod
    def create_module(spec: ModuleSpec) -> ModuleType | None:
        return None

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        name = module.__name__
        if name in FACADES:
            module.__dict__.update(_public(import_module("crash")))
        if name == PACKAGE or name in FACADES:
            # "from LinuxDump import *" has always handed out the whole API.
            module.__dict__.update(_public(import_module("pykdump.API")))
        else:
            # The import system takes what is in sys.modules after this call, not the module it passed.
            sys.modules[name] = import_module(MODULES[name])


class _BareFinder:
    """At the end of sys.meta_path: a module of the program's own folder wins."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(name, _BareFinder()) if name in BARE else None  # type: ignore[arg-type]

    @staticmethod
    def create_module(spec: ModuleSpec) -> ModuleType | None:
        return None

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        sys.modules[module.__name__] = import_module(BARE[module.__name__])


def _public(module: ModuleType) -> dict[str, object]:
    return {name: value for name, value in vars(module).items() if not name.startswith("_")}


def install() -> None:
    """Make the old names importable; a second call does nothing."""
    if not any(isinstance(finder, _AliasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AliasFinder())
        sys.meta_path.append(_BareFinder())
