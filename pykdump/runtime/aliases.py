# SPDX-License-Identifier: GPL-3.0-or-later
"""Old names of modules and functions: ``from LinuxDump.Tasks import TaskTable`` gives pykdump.linux.tasks.TaskTable.

This is the one table of old spellings. An old module name gives the very same module object as the new name, so that
a value which a program sets through one name is seen through the other. The names that only the old modules had are in
old_names.py; a module that exists there alone is a module with these names.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder

from pykdump.lazy_imports import function
from pykdump.runtime import old_modules
from pykdump.runtime.old_names import OLD_NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Any

PACKAGE = "LinuxDump"
# {old name of a module: its name today}
MODULES = {
    "LinuxDump.Analysis": "pykdump.legacy.hang_reports",
    "LinuxDump.BTstack": "pykdump.linux.btstack",
    "LinuxDump.KernLocks": "pykdump.linux.kernlocks",
    "LinuxDump.Slab": "pykdump.legacy.slab_addresses",
    "LinuxDump.Tasks": "pykdump.linux.tasks",
    "LinuxDump.Time": "pykdump.legacy.time_helpers",
    "LinuxDump.WorkQueues": "pykdump.legacy.workqueue_reports",
    "LinuxDump.block": "pykdump.linux.block",
    "LinuxDump.crashcolor": "pykdump.legacy.terminal_colors",
    "LinuxDump.crashhelper": "pykdump.legacy.command_text",
    "LinuxDump.dlkm": "pykdump.legacy.module_reports",
    "LinuxDump.flock": "pykdump.legacy.file_lock_reports",
    "LinuxDump.fregsapi": "pykdump.legacy.register_search",
    "LinuxDump.fs": "pykdump.linux.fs",
    "LinuxDump.fs.dcache": "pykdump.linux.fs.dcache",
    "LinuxDump.fs.fs_h": "pykdump.linux.fs.flags",
    "LinuxDump.idr": "pykdump.linux.idr",
    "LinuxDump.inet": "pykdump.linux.inet",
    "LinuxDump.inet.neighbour": "pykdump.legacy.neighbour_reports",
    "LinuxDump.inet.netdevice": "pykdump.linux.inet.netdevice",
    "LinuxDump.inet.netfilter": "pykdump.linux.inet.netfilter",
    "LinuxDump.inet.proto": "pykdump.linux.inet.sockets",
    "LinuxDump.inet.routing": "pykdump.linux.inet.routing",
    "LinuxDump.kernfs": "pykdump.legacy.kernfs_reports",
    "LinuxDump.kmem": "pykdump.legacy.kmem_text",
    "LinuxDump.kobjects": "pykdump.linux.kobjects",
    "LinuxDump.libmisc": "pykdump.legacy.misc_helpers",
    "LinuxDump.netdevice": "pykdump.linux.inet.netdevice",
    "LinuxDump.pci": "pykdump.legacy.pci_reports",
    "LinuxDump.percpu": "pykdump.linux.percpu",
    "LinuxDump.sysctl": "pykdump.linux.sysctl",
    "LinuxDump.trees": "pykdump.linux.trees",
    "pykdump.attributes": "pykdump.struct_attributes",
    "pykdump.background": "pykdump.background_commands",
    "pykdump.classic": "pykdump.legacy_crash_names",
    "pykdump.cmdline": "pykdump.command_layer.parser",
    "pykdump.defines": "pykdump.c_constants",
    "pykdump.generic": "pykdump.compat_helpers",
    "pykdump.kernel": "pykdump.crash_access",
    "pykdump.knobs": "pykdump.debug_settings",
    "pykdump.linux.crashcolor": "pykdump.legacy.terminal_colors",
    "pykdump.linux.crashhelper": "pykdump.legacy.command_text",
    "pykdump.linux.inet.neighbour": "pykdump.legacy.neighbour_reports",
    "pykdump.linux.inet.proto": "pykdump.linux.inet.sockets",
    "pykdump.linux.libmisc": "pykdump.legacy.misc_helpers",
    "pykdump.linux.taskreport": "pykdump.legacy.task_reports",
    "pykdump.modules": "pykdump.kernel_modules",
    "pykdump.output": "pykdump.command_layer.tables",
    "pykdump.words": "pykdump.c_integers",
}
# {module: {module that has the functions today: functions that programs import from the first one}}
MOVED_FUNCTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "pykdump.debug_settings": {
        "pykdump.crash_access": ("require_cmod_version",),
        "pykdump.namespaces": ("get_nsproxy", "set_nsproxy"),
    },
    "pykdump.linux.btstack": {"pykdump.legacy.stack_reports": ("bt_mergestacks", "bt_summarize")},
    "pykdump.linux.fs.dcache": {"pykdump.legacy.directory_listing": ("ls_pathname", "print_dentry")},
    "pykdump.linux.inet.netfilter": {"pykdump.legacy.netfilter_reports": ("nf",)},
    "pykdump.linux.inet.routing": {
        "pykdump.legacy.routing_reports": (
            "do_fib_print", "flags2str", "get_fib_entries", "get_fib_entries_v40", "get_fib_tables", "inet_make_mask",
            "print_fib", "print_fib_rules", "print_rt_hash",
        ),
    },
    "pykdump.linux.kernlocks": {
        "pykdump.legacy.lock_reports": ("decode_mutex", "decode_rwsemaphore", "decode_semaphore"),
    },
    "pykdump.linux.tasks": {
        "pykdump.legacy.task_reports": (
            "decode_tflags", "print_memory_stats", "print_namespaces_info", "print_pid_namespaces", "tasksSummary",
        ),
    },
}  # fmt: skip
# {module that a program also imports as "from LinuxDump.inet import routing": its old name}
_BELOW_OLD_PACKAGES = {
    today: old
    for old, today in MODULES.items()
    if old in OLD_NAMES and today.startswith(("pykdump.linux.fs.", "pykdump.linux.inet."))
}
# Modules that some authors keep next to their programs, without a package. A program's own copy wins over ours.
BARE_MODULES = {"crashcolor": "LinuxDump.crashcolor", "crashhelper": "LinuxDump.crashhelper"}
# Modules that the classic API had. Each of these names gives all public names of the API and of crash.
FACADES = frozenset(
    "pykdump." + name
    for name in (
        "Generic", "Misc", "datatypes", "dlkmload", "highlevel", "logging", "lowlevel", "memocaches", "vmcorearch",
        "wrapcrash",
    )
)  # fmt: skip
# The module of the standard library that CPython has in C, and that is made anew for each program.
_READLINE = "readline"
# Old modules without a module of ours that have modules below them.
_OLD_PACKAGES = frozenset((PACKAGE, "LinuxDump.scsi", "LinuxDump.specialcases"))


class _AliasFinder:
    """Finder and loader of old module names. It is the first in sys.meta_path: the bundle wins over stray files."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name in MOVED_FUNCTIONS or name in _BELOW_OLD_PACKAGES:
            return _spec_with_old_names(name, path)
        if name in (PACKAGE, _READLINE) or name in MODULES or name in FACADES or name in OLD_NAMES:
            return ModuleSpec(name, _AliasFinder(), is_package=name in _OLD_PACKAGES)  # type: ignore[arg-type]
        return None

    @staticmethod
    def create_module(spec: ModuleSpec) -> ModuleType | None:
        return None

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        name = module.__name__
        if name == _READLINE:
            import_module("pykdump.runtime.line_editor").fill(module)
            return
        if name in FACADES:
            module.__dict__.update(_public(import_module("crash")))
        if name == PACKAGE or name in FACADES:
            # "from LinuxDump import *" has always given the whole API.
            module.__dict__.update(_public(import_module("pykdump.API")))
        elif name in MODULES:
            # The import system takes what is in sys.modules after this call, not the module it passed.
            module = sys.modules[name] = import_module(MODULES[name])
        old_modules.complete(module, name)


class _OldNamesLoader:
    """Loader of a module of today: it runs the module, then adds the functions that moved and the old names."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)  # get_source() for tracebacks, get_code() for `epython -m`

    @staticmethod
    def create_module(spec: ModuleSpec) -> ModuleType | None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        # Not the loader's own exec_module(): the zipimporter of Python 3.9 has none.
        exec(self._loader.get_code(module.__name__), module.__dict__)
        for place, names in MOVED_FUNCTIONS.get(module.__name__, {}).items():
            # A function that imports its module when it is called: most programs never do.
            module.__dict__.update({name: function(place, name) for name in names})
            if "__all__" in module.__dict__:
                module.__dict__["__all__"] += names
        if module.__name__ in _BELOW_OLD_PACKAGES:
            old_modules.complete(module, _BELOW_OLD_PACKAGES[module.__name__])


def _spec_with_old_names(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    spec = PathFinder.find_spec(name, path)
    if spec is not None:
        spec.loader = _OldNamesLoader(spec.loader)  # type: ignore[assignment]
    return spec


class _BareFinder:
    """Finder of BARE_MODULES. It is the last in sys.meta_path: a module of the program's own folder wins."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        return ModuleSpec(name, _BareFinder()) if name in BARE_MODULES else None  # type: ignore[arg-type]

    @staticmethod
    def create_module(spec: ModuleSpec) -> ModuleType | None:
        return None

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        sys.modules[module.__name__] = import_module(BARE_MODULES[module.__name__])


def _public(module: ModuleType) -> dict[str, object]:
    return {name: value for name, value in vars(module).items() if not name.startswith("_")}


def install() -> None:
    """Make the old names importable. A second call does nothing."""
    if not any(isinstance(finder, _AliasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AliasFinder())
        sys.meta_path.append(_BareFinder())
