# SPDX-License-Identifier: GPL-3.0-or-later
"""The pinned releases and this machine, for tests whose subject is neither: a new release changes none of them."""

from __future__ import annotations

import platform

from mpykbuild.fetch.sources import load_sources

PINNED = load_sources()
MACHINE = platform.machine()
# The default releases, and another crash and another Python.
CRASH, OTHER_CRASH = PINNED.crash().version, PINNED.crash("8").version
PYTHON, OTHER_PYTHON = PINNED.python().version, PINNED.python("3.11").version


def variant_name(crash: str = CRASH, python: str = PYTHON, machine: str = MACHINE) -> str:
    """Return what the build calls the file for a crash (or several, ``8.0.6+9.0.2``) and a Python."""
    return f"{machine}-crash{crash}-cp{''.join(python.split('.')[:2])}"
