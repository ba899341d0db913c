# SPDX-License-Identifier: GPL-3.0-or-later
"""How programs are run: their environment, their output, and the errors of their failures."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpykbuild.base import process
from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import SITE_SCONS
from mpykbuild.base.process import build_environment


def test_environment_has_nothing_of_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CFLAGS", "-O3")
    monkeypatch.setenv("PATH", "/mine")
    assert build_environment()["PATH"] == "/mine"
    assert build_environment("/other")["PATH"] == "/other"
    assert not {"CFLAGS", "PYTHONPATH", "LANG"} & build_environment().keys()


def test_output_stdin_and_folder(tmp_path: Path) -> None:
    done = process.run(["sh", "-c", "cat; pwd; echo wrong >&2; exit 3"], text="given\n", cwd=tmp_path)
    assert (done.status, done.stdout, done.stderr) == (3, f"given\n{tmp_path}\n", "wrong\n")
    assert done.output == f"given\n{tmp_path}\nwrong"
    assert process.run_bytes(["cat"], data=b"\xff\0").stdout == b"\xff\0"


def test_invalid_utf8_in_the_output_is_replaced() -> None:
    assert "\N{REPLACEMENT CHARACTER}" in process.run(["printf", r"\377"]).stdout


def test_the_error_of_a_failure_shows_the_end_of_the_output() -> None:
    assert process.output_of(["echo", "x"]) == "x\n"
    with pytest.raises(BuildError, match=r"(?s)sh -c .* failed with status 4:.*broken"):
        process.output_of(["sh", "-c", "echo broken >&2; exit 4"])
    with pytest.raises(BuildError, match="It is bad:\n") as caught:
        process.output_of(["false"], what="It is bad", next_step="mend it")
    assert caught.value.next_step == "mend it"


@pytest.mark.parametrize("start", [process.run, process.output_of, process.run_on_terminal])
def test_a_program_that_is_not_there(start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="objcopy cannot be run: No such file") as caught:
        start(["objcopy"])
    assert caught.value.next_step == "install binutils."
    with pytest.raises(BuildError, match="cannot be run"), process.started([tmp_path / "none"]):
        raise AssertionError("it was started")


def test_a_started_program_ends_with_the_block() -> None:
    with pytest.raises(KeyError), process.started(["sleep", "600"]) as running:
        raise KeyError
    assert running.returncode == -9
    with process.started(["echo", "x"], stdout=process.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.read() == b"x\n"


def test_a_program_on_the_terminal_returns_its_status(capfd: pytest.CaptureFixture[str]) -> None:
    assert process.run_on_terminal(["sh", "-c", "cat; exit 5"], text="shown") == 5
    assert capfd.readouterr().out == "shown"


def test_a_file_made_under_another_umask(tmp_path: Path) -> None:
    process.run(["touch", "x"], cwd=tmp_path, umask=0o077)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600


def test_only_process_imports_subprocess() -> None:
    files = [path for path in (SITE_SCONS / "mpykbuild").rglob("*.py") if "import subprocess" in path.read_text()]
    assert [path.name for path in files] == ["process.py"]
