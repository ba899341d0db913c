# SPDX-License-Identifier: GPL-3.0-or-later
"""Load and memory from made-up variables; tests/vmcore/commands/test_crashinfo.py compares all facts with /proc."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux import identity  # noqa: E402


def test_load_averages_are_fixed_point_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "readSymbol", {"avenrun": [2048, 1024, 205]}.__getitem__)
    assert identity.load_averages() == (1.0, 0.5, 0.1)


@pytest.mark.parametrize("name", ["_totalram_pages", "totalram_pages"])
def test_memory_of_new_and_old_kernels(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value = SimpleNamespace(counter=1000) if name.startswith("_") else 1000
    monkeypatch.setattr(identity, "symbol_exists", lambda symbol: symbol == name)
    monkeypatch.setattr(identity, "readSymbol", {name: value}.__getitem__)
    assert identity.memory_bytes() == 4_096_000


def test_a_machine_without_firmware_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(name: str) -> None:
        raise TypeError(f"no symbol {name}")

    monkeypatch.setattr(identity, "readSymbol", read)
    assert identity.hardware() is None
