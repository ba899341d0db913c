# SPDX-License-Identifier: GPL-3.0-or-later
"""slabinfo: how full a cache is, as text."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands import slabinfo  # noqa: E402


@pytest.mark.parametrize(
    ("active", "objects", "text"), [(0, 0, "-"), (5, 10, "50%"), (999, 1000, "99%"), (3, 3, "100%")]
)
def test_how_full(active: int, objects: int, text: str) -> None:
    assert slabinfo.Cache("c", 0, active, objects, 8, 8, 8, 1, 1, 4096, True, 1).used == text


def test_a_very_large_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    caches = [slabinfo.Cache(name, 0, 1, 1, 8, 8, 8, 1, 1, mib << 20, True, 1) for name, mib in (("a", 9), ("b", 11))]
    monkeypatch.setattr(slabinfo, "caches", lambda names: iter(caches))
    monkeypatch.setattr(slabinfo, "_quarter_of_memory", lambda: 10 << 20)
    found = list(slabinfo.collect(slabinfo.COMMAND.parser().parse_args([])))
    assert found[:2] == caches
    (finding,) = found[2:]
    assert str(finding).startswith("[warning] slab-large: The slab cache b takes 11 MiB")
    assert next(iter(slabinfo.collect(slabinfo.COMMAND.parser().parse_args(["--top", "1"])))) == caches[1]
