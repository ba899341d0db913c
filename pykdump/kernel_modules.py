# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel modules: which are loaded, and their debuginfo."""

from __future__ import annotations

import os

from crash import error, exec_crash_command, sym2addr

from pykdump.caches import purge_typeinfo
from pykdump.lists import readSUListFromHead
from pykdump.sysinfo import sys_info

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_SUFFIXES = (".ko.debug", ".ko", ".o")


def lsModules() -> list[str]:
    """The names of all modules of the dump, in the kernel's order (struct module.list)."""
    head = sym2addr("modules")
    return [str(m.name) for m in readSUListFromHead(head, "list", "struct module")] if head else []


def possibleModuleNames(topdir: str, base: str) -> list[str]:
    """The files below ``topdir`` that may hold a module's debuginfo, those with the most of it first.

    In file names "-" and "_" mean the same.
    """
    wanted = base.replace("-", "_")
    found = [
        (_SUFFIXES.index(suffix), os.path.join(folder, name))
        for folder, _, names in os.walk(topdir)
        for name in names
        for suffix in _SUFFIXES
        if name.endswith(suffix) and name[: -len(suffix)].replace("-", "_") == wanted
    ]
    return [path for _, path in sorted(found)]


def loadModule(modname: str, ofile: str | None = None, altname: str | None = None) -> bool:
    """Load a module's debuginfo: ``ofile``, or what is found for ``altname`` (default: its name) where debuginfo is.

    True if the types of the module are known afterwards: without a file that is so if the kernel has its BTF. False
    if the module is not loaded in the dump.
    """
    if modname.replace("-", "_") not in lsModules():
        return False
    for path in [ofile] if ofile else _candidates(altname or modname):
        if _mod_s(modname, path):
            return True
    return modname.replace("-", "_") in _modules_with_btf()


def delModule(modname: str) -> None:
    """Take a module's debuginfo away again."""
    exec_crash_command(f"mod -d {modname}")
    purge_typeinfo()


def _candidates(base: str) -> Iterator[str]:
    for folder in sys_info.debuginfo:
        yield from possibleModuleNames(folder, base)


def _mod_s(modname: str, path: str) -> bool:
    try:
        text = exec_crash_command(f"mod -s {modname} {path}")
    except error:
        return False
    purge_typeinfo()
    # crash lists the module with its object file; what it refuses it only mentions.
    return any(words[1:2] == [modname.replace("-", "_")] for words in map(str.split, text.splitlines()))


def _modules_with_btf() -> list[str]:
    """Modules on the list of struct btf_module (36e68442d1af, v5.11: "bpf: Load and verify kernel module BTFs")."""
    head = sym2addr("btf_modules")
    if not head:
        return []
    return [str(b.module.name) for b in readSUListFromHead(head, "list", "struct btf_module")]
