# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes that a user may change by name."""

from __future__ import annotations

import sys

import pytest

from pykdump import debug_settings


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debug_settings, "settings", {})


def test_an_attribute_of_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules[__name__]
    debug_settings.registerModuleAttr("level", "my.level", default=5, help="how much")
    setting = debug_settings.settings["my.level"]
    assert (setting.get(), setting.help) == (5, "how much")
    setting.set("0007")
    assert module.level == 7
    with pytest.raises(ValueError, match="seven"):
        setting.set("seven")
    debug_settings.registerModuleAttr("level", default=1)
    assert (module.level, f"{__name__}.level" in debug_settings.settings) == (7, True)
    del module.level


def test_an_attribute_of_an_object() -> None:
    class Reader:
        speed = 1.5

    reader = Reader()
    debug_settings.registerObjAttrHandler(reader, "speed", type=float)
    debug_settings.settings["Reader.speed"].set("2")
    assert (reader.speed, Reader.speed) == (2.0, 1.5)
