# SPDX-License-Identifier: GPL-3.0-or-later
"""The pinned releases and this machine, for tests that are about neither. A new release changes none of these tests."""

from __future__ import annotations

import platform

from mpykbuild.fetch.debian_version import DebianVersion
from mpykbuild.fetch.sources import Source, load_sources
from mpykbuild.toolchain.crash_targets import host_target
from mpykbuild.toolchain.hosts import HOSTS

PINNED = load_sources()


def gdb_major(source: Source) -> int:
    """Return the major version of the gdb in a crash."""
    return int(source.gdb.split(".")[0])


def _newest(rows: list[Source]) -> Source:
    return max(rows, key=lambda row: DebianVersion(row.version))


def _older(name: str, default: Source) -> list[Source]:
    limit = DebianVersion(default.version)
    return [row for row in PINNED.rows if row.name == name and DebianVersion(row.version) < limit]


_CRASH, _PYTHON = PINNED.crash(), PINNED.python()
_OTHER_CRASH = _newest([row for row in _older("crash", _CRASH) if gdb_major(row) != gdb_major(_CRASH)])
_OTHER_PYTHON = _newest([row for row in _older("python", _PYTHON) if row.minor != _PYTHON.minor])

# The default releases, and two older ones: a crash with another major of gdb, and a Python of another minor.
CRASH, OTHER_CRASH = _CRASH.version, _OTHER_CRASH.version
PYTHON, OTHER_PYTHON = _PYTHON.version, _OTHER_PYTHON.version
GDB_MAJOR, OTHER_GDB_MAJOR = gdb_major(_CRASH), gdb_major(_OTHER_CRASH)

# This machine and its target, another target for which a vmcore can be made, and the hosts that are other machines.
MACHINE = platform.machine()
TARGET = host_target().name
OTHER_TARGET = "X86_64" if TARGET == "ARM64" else "ARM64"
OTHER_HOSTS = tuple(name for name in HOSTS if name != MACHINE)


def variant_name(crash: str = CRASH, python: str = PYTHON, machine: str = MACHINE) -> str:
    """Return the build's name for the file for a Python and one crash, or several joined by ``+``."""
    return f"{machine}-crash{crash}-cp{''.join(python.split('.')[:2])}"
