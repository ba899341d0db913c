# SPDX-License-Identifier: GPL-3.0-or-later
"""make_env.py: incomplete environments are made again, and concurrent callers make one environment."""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from mpykbuild.base.paths import PROJECT


@pytest.fixture
def make_env(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, with a fake ``venv`` that only links the interpreter."""
    spec = importlib.util.spec_from_file_location("make_env", PROJECT / "requirements" / "make_env.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def create(folder: Path, with_pip: bool, symlinks: bool) -> None:
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").symlink_to(sys.executable)

    monkeypatch.setattr(module.venv, "create", create)
    return module


def test_concurrent_callers_make_one_environment(
    make_env: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = []
    monkeypatch.setattr(make_env, "install", lambda folder, requirements, log: bool(made.append(folder)))
    threads = [
        threading.Thread(target=make_env.main, args=([str(tmp_path / "env"), "build.txt"],)) for _ in range(4)
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [tmp_path / "env"]
    assert (tmp_path / "env" / "complete").read_text().strip() == os.path.realpath(sys.executable)


def test_incomplete_environment_is_made_again(
    make_env: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "env" / "lib").mkdir(parents=True)
    monkeypatch.setattr(make_env, "install", lambda folder, requirements, log: 0)
    assert make_env.main([str(tmp_path / "env"), "build.txt"]) == 0
    assert not (tmp_path / "env" / "lib").exists()


def test_failing_pip_leaves_no_complete_environment(
    make_env: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def install(folder: Path, requirements: Path, log: Path) -> int:
        log.write_text("first\nERROR: hashes do not match\n")
        return 1

    monkeypatch.setattr(make_env, "install", install)
    assert make_env.main([str(tmp_path / "env"), "/x/build.txt"]) == 1
    assert not make_env.is_complete(tmp_path / "env")
    stderr = capsys.readouterr().err
    assert "ERROR: hashes do not match" in stderr
    assert f"pip cannot install build.txt; its log is {tmp_path / 'env.log'}" in stderr


def test_folder_that_cannot_be_made_is_one_line_of_error(
    make_env: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert make_env.main([str(tmp_path / "file" / "env"), "build.txt"]) == 1
    assert "cannot be made" in capsys.readouterr().err


def test_pip_gets_hashes_and_no_other_place(
    make_env: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIP_USER", "1")
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\necho "$*"; env\n')
    python.chmod(0o755)
    assert make_env.install(tmp_path, Path("/x/build.txt"), tmp_path / "log") == 0
    log = (tmp_path / "log").read_text()
    assert "--require-hashes -r /x/build.txt" in log
    assert "--no-deps" in log
    assert "PIP_USER" not in log


@pytest.mark.parametrize("name", ["build", "test"])
def test_requirements_are_pinned_with_hashes(name: str) -> None:
    lines = (PROJECT / "requirements" / f"{name}.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert pins
    assert all("==" in pin and pin.endswith("\\") for pin in pins)
    assert not [line for line in lines if "://" in line or line.startswith("--")]


def test_every_build_pin_is_a_test_pin() -> None:
    pins = {}
    for name in ("build", "test"):
        lines = (PROJECT / "requirements" / f"{name}.txt").read_text().splitlines()
        pins[name] = {line for line in lines if "==" in line}
    assert pins["build"] < pins["test"]
