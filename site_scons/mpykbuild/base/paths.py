# SPDX-License-Identifier: GPL-3.0-or-later
"""The folders of the project, and the cache folder outside of it."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
SITE_SCONS = PROJECT / "site_scons"
MANIFESTS = PROJECT / "stdlib_manifests"
PATCHES = PROJECT / "python-src-patches"


def default_cache_root() -> Path:
    """Return the cache's folder: ``$MPYKDUMP_CACHE``, or else ``mpykdump`` in the XDG cache folder (``~/.cache``)."""
    explicit = os.environ.get("MPYKDUMP_CACHE")
    if explicit:
        return Path(explicit).expanduser().resolve()
    xdg = os.environ.get("XDG_CACHE_HOME")
    base = Path(xdg) if xdg else Path.home() / ".cache"
    return base / "mpykdump"
