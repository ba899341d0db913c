# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of a cache by its name."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.legacy import slab_addresses  # noqa: E402


def test_objects_of_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slab_addresses, "cache_named", {"dentry": "cache"}.__getitem__)
    monkeypatch.setattr(slab_addresses, "cache_objects", lambda cache: ([1], [2, 3]))
    assert slab_addresses.get_slab_addrs("dentry") == ([1], [2, 3])
    with pytest.raises(KeyError):
        slab_addresses.get_slab_addrs("nonesuch")
