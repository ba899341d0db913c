# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things live: the project, and the cache outside of it."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
SITE_SCONS = PROJECT / "site_scons"
MANIFESTS = PROJECT / "stdlib_manifests"
PATCHES = PROJECT / "python-src-patches"


def default_cache_root() -> Path:
    """Return the folder for expensive products: ``$MPYKDUMP_CACHE``, else ``mpykdump`` in the XDG cache."""
    explicit = os.environ.get("MPYKDUMP_CACHE")
    if explicit:
        return Path(explicit).expanduser().resolve()
    xdg = os.environ.get("XDG_CACHE_HOME")
    base = Path(xdg) if xdg else Path.home() / ".cache"
    return base / "mpykdump"
