# SPDX-License-Identifier: GPL-3.0-or-later
"""The list of modules as old programs print it (LinuxDump.dlkm)."""

from __future__ import annotations

from pykdump.linux.modules import modules, references, total_size, used_by


def lsmod() -> None:
    """Print the loaded modules as lsmod(8) does: name, size in bytes, number of references, and who uses it."""
    print(f"{'Module':19} {'Size':>8}  Used by")
    for module in modules():
        count, users = references(module), ",".join(used_by(module))
        print(f"{module.name!s:19} {total_size(module):8}  {'-' if count is None else count} {users}".rstrip())
