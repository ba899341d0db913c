# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel modules: which ones are loaded, and loading their debuginfo."""

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
    """Return the names of all modules that the kernel has loaded, in the order of its list ``modules``."""
    head = sym2addr("modules")
    return [str(m.name) for m in readSUListFromHead(head, "list", "struct module")] if head else []


def possibleModuleNames(topdir: str, base: str) -> list[str]:
    """Return the files below ``topdir`` that may have the debuginfo of the module ``base``.

    Files named .ko.debug come first, then .ko, then .o. In file names "-" and "_" mean the same.
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
    """Load a module's debuginfo and return whether the types of the module are known afterwards.

    The file is ``ofile``; without it the folders of sys_info.debuginfo are searched for a file named ``altname``, by
    default the module's name. If there is no file, the types are known if the kernel has BTF of the module. The result
    is False for a module that is not loaded in the dump.
    """
    if modname.replace("-", "_") not in lsModules():
        return False
    for path in [ofile] if ofile else _candidates(altname or modname):
        if _mod_s(modname, path):
            return True
    return modname.replace("-", "_") in _modules_with_btf()


def delModule(modname: str) -> None:
    """Remove the debuginfo of a module from the session. Raises crash.error if crash refuses."""
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
    # On success crash prints a row whose second column is the module; a refusal only mentions the name.
    return any(words[1:2] == [modname.replace("-", "_")] for words in map(str.split, text.splitlines()))


def _modules_with_btf() -> list[str]:
    """Return the modules whose BTF the kernel has.

    They are on the list ``btf_modules``: commit 36e68442d1af, v5.11, "bpf: Load and verify kernel module BTFs".
    """
    head = sym2addr("btf_modules")
    if not head:
        return []
    return [str(b.module.name) for b in readSUListFromHead(head, "list", "struct btf_module")]
