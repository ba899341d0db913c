# SPDX-License-Identifier: GPL-3.0-or-later
"""Wheels for the bundle: pinned, checked, and taken from the downloads folder when they are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import PROJECT
from mpykbuild.base.process import Finished
from mpykbuild.fetch import wheels
from support.wheels import make_wheel, pin


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    make_wheel(tmp_path / "downloads", "tool", {"tool.py": ""})
    return tmp_path / "downloads"


def requirements(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "wanted.txt"
    path.write_text("# wanted\n" + "".join(lines))
    return path


def provide(tmp_path: Path, wanted: Path, downloads: Path | None) -> Path:
    product = wheels.wheels_product(wanted, "3.13", tmp_path / "cache")
    return wheels.provide_wheels(product, wanted, "3.13", downloads)


def test_wheels_come_from_the_downloads_folder(tmp_path: Path, downloads: Path) -> None:
    folder = provide(tmp_path, requirements(tmp_path, pin(next(downloads.iterdir()))), downloads)
    assert [path.name for path in folder.glob("*.whl")] == ["tool-1.0-py3-none-any.whl"]


def test_order_and_comments_do_not_change_the_product(tmp_path: Path) -> None:
    first, second = (f"{name}==1 --hash=sha256:{'0' * 64}\n" for name in "ab")
    keys = {
        wheels.wheels_product(requirements(tmp_path, *lines), "3.13", tmp_path).key
        for lines in ((first, second), (second, "# via\n", first.replace(" --", " \\\n    --")))
    }
    assert len(keys) == 1
    assert wheels.wheels_product(requirements(tmp_path, first, second), "3.9", tmp_path).key not in keys


@pytest.mark.parametrize("line", ["rich", "rich>=13", "rich==13.0", "-e .", "rich==13.0 --hash=md5:00"])
def test_a_package_without_version_and_hash_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(BuildError) as caught:
        wheels.pins(requirements(tmp_path, f"{line}\n"))
    assert line in caught.value.what
    assert "--hash=sha256" in caught.value.next_step


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"packages=.*none\.txt cannot be read"):
        wheels.pins(tmp_path / "none.txt")


def failing_pip(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setattr(wheels, "run", lambda command, **_: Finished(tuple(command), 1, "", said))


def test_a_package_without_a_pure_wheel_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing_pip(monkeypatch, "ERROR: No matching distribution found for fast==1.0\n")
    with pytest.raises(BuildError, match=r"fast==1\.0 in .*wanted\.txt has no wheel of pure Python for Python 3\.13"):
        provide(tmp_path, requirements(tmp_path, f"fast==1.0 --hash=sha256:{'0' * 64}\n"), None)


def test_what_pip_says_otherwise_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing_pip(monkeypatch, "ERROR: no network\n")
    with pytest.raises(BuildError, match="no network"):
        provide(tmp_path, requirements(tmp_path, f"fast==1.0 --hash=sha256:{'0' * 64}\n"), None)


@pytest.mark.parametrize("name", ["requirements/bundle.txt", "tests/fixtures/packages.txt"])
def test_our_own_files_pin_every_package(name: str) -> None:
    assert wheels.pins(PROJECT / name)
