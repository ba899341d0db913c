# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of overlays, in the layout of v6.12 and in that of v6.1."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.fs import overlay_options  # noqa: E402

ENUMERATORS = {"OVL_REDIRECT_FOLLOW": 1, "OVL_REDIRECT_NOFOLLOW": 2, "OVL_REDIRECT_ON": 3, "OVL_UUID_AUTO": 2}
TABLES = {
    "ovl_parameter_redirect_dir": {0: "off", 1: "follow", 2: "nofollow", 3: "on"},
    "ovl_parameter_uuid": {0: "off", 1: "null", 2: "auto", 3: "on"},
    "ovl_parameter_verity": {0: "off", 1: "on", 2: "require"},
}


class Struct(SimpleNamespace):
    def __int__(self) -> int:
        return id(self)

    def hasField(self, name: str) -> bool:
        return hasattr(self, name)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Any:
    def show(config: Struct, tables: Any, switches: Any, **members: Any) -> list[str]:
        info = Struct(config=config, xino_mode=0, **members)
        monkeypatch.setattr(overlay_options, "readSU", lambda name, address: info)
        monkeypatch.setattr(overlay_options, "constants", lambda name: tables.get(name, {}))
        monkeypatch.setattr(overlay_options, "enumerator_value", ENUMERATORS.get)
        monkeypatch.setattr(overlay_options, "_module_switch", lambda name: switches.get(name, 0))
        return list(overlay_options.overlay(Struct(s_fs_info=info), None))  # type: ignore[arg-type]

    return show


def test_v6_12(shown: Any) -> None:
    config = Struct(
        lowerdirs=["/a:/b", "/a", "/b"], upperdir="/u", workdir="/w", default_permissions=0, redirect_mode=2, index=0,
        uuid=1, nfs_export=0, xino=0, metacopy=1, userxattr=1, verity_mode=2,
    )  # fmt: skip
    found = shown(config, TABLES, {"ovl_redirect_always_follow": 1}, numlayer=3, numdatalayer=0)
    assert found == [
        "lowerdir=/a:/b", "upperdir=/u", "workdir=/w", "redirect_dir=nofollow", "uuid=null", "metacopy=on",
        "userxattr", "verity=require",
    ]  # fmt: skip
    config.lowerdirs[0] = None
    config.redirect_mode, config.uuid, config.verity_mode, config.metacopy, config.userxattr = 1, 2, 0, 0, 0
    config.upperdir = None
    found = shown(config, TABLES, {"ovl_redirect_always_follow": 1}, numlayer=3, numdatalayer=1)
    assert found == ["lowerdir+=/a", "datadir+=/b"]


def test_v6_1(shown: Any) -> None:
    config = Struct(
        lowerdir="/a", upperdir="/u", workdir="/w", default_permissions=1, redirect_mode="on", index=1, uuid=0,
        nfs_export=0, xino=0, metacopy=0, userxattr=0, ovl_volatile=1,
    )  # fmt: skip
    assert shown(config, {}, {}) == [
        "lowerdir=/a", "upperdir=/u", "workdir=/w", "default_permissions", "redirect_dir=on", "index=on", "uuid=off",
        "volatile",
    ]  # fmt: skip
    config.redirect_mode, config.uuid = "off", 1
    assert "redirect_dir=off" not in shown(config, {}, {"ovl_index_def": 1})
