# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a run: relative paths start from the folder of the user, and rows inherit some options."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpykbuild.plan import options
from mpykbuild.plan.settings import Settings, is_version


def settings(**given: str) -> Settings:
    return Settings(options.checked_values(given), Path("/home/user/dumps"))


def test_relative_paths() -> None:
    assert settings(downloads="../tar").downloads == Path("/home/user/tar")
    assert settings(cache="/var/cache/x").cache == Path("/var/cache/x")


def test_environment_variables_set_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MPYKDUMP_CACHE", str(tmp_path))
    assert settings().cache == tmp_path
    monkeypatch.delenv("MPYKDUMP_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert settings().cache == Path("/xdg/mpykdump")


@pytest.mark.parametrize(("value", "expected"), [("1.2", True), ("9", True), ("./1.2", False), ("Python-1.2", False)])
def test_versions_and_paths_are_distinguished(value: str, expected: bool) -> None:
    assert is_version(value) is expected


def test_rows_inherit_options_with_absolute_paths(tmp_path: Path) -> None:
    words = {"kernel": "6.1", "launcher": "ccache", "glibc_max": "2.28", "V": "1", "scenario": "live"}
    given = {**words, "cache": "c", "downloads": "d", "sysroot": "s", "row": "x", "tests": "-k x"}
    inherited = Settings(options.checked_values(given), tmp_path).inherited_options()
    assert inherited == {**words, **{name: str(tmp_path / name[0]) for name in ("cache", "downloads", "sysroot")}}
    suite = Settings(options.checked_values({"sysroot": "debian:bullseye"}), tmp_path)
    assert suite.inherited_options()["sysroot"] == "debian:bullseye"
    always = {option.name for option in options.OPTIONS if option.inherited and options.checked_values({})[option.name]}
    assert set(Settings(options.checked_values({}), tmp_path).inherited_options()) == {*always, "cache"}
