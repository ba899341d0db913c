# SPDX-License-Identifier: GPL-3.0-or-later
"""The double build: the copy of the project, and the error when the artefacts differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.targets import reproduce
from mpykbuild.targets.reproduce import Surroundings
from support.pins import PYTHON


def test_copy_has_the_sources_and_no_build_products(tmp_path: Path) -> None:
    copy = reproduce.copy_project(tmp_path / "copy")
    assert (copy / "SConstruct").is_file()
    assert not (copy / "build").exists()
    assert not list(copy.rglob("*.pyc"))


def test_surroundings_differ_in_folder_umask_and_environment() -> None:
    one, two = reproduce.SURROUNDINGS
    assert one.umask != two.umask
    assert len(one.folder) != len(two.folder)
    assert all(one.env[name] != two.env[name] for name in ("TZ", "LC_ALL"))


@pytest.mark.parametrize("same", [True, False])
def test_artefacts_are_compared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, same: bool) -> None:
    def build_in(place: Path, around: Surroundings, arguments: list[str]) -> Path:
        made = place / f"{around.umask}.so"
        made.write_text("same" if same else around.folder)
        return made

    monkeypatch.setattr(reproduce, "_build_in", build_in)
    if same:
        assert len(reproduce.compare_builds([tmp_path], PYTHON, tmp_path, fresh_python=False)) == 64
    else:
        with pytest.raises(BuildError, match="differ"):
            reproduce.compare_builds([tmp_path], PYTHON, tmp_path, fresh_python=False)
