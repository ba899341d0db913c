# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of an opened program: each has its own files, folder, environment and end. A small program is the crash."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.crash_copies import opened as module
from support.crash_copies.opened import Opened
from support.crash_copies.process import Copy

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
SECONDS = 20


@pytest.fixture(scope="module")
def fake_crash(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("fake") / "crash"
    source = Path(__file__).with_name("fake_crash.c")
    subprocess.run(["gcc", "-Wall", "-Wextra", "-Werror", "-o", program, source], check=True)
    return program


@pytest.fixture
def opened(fake_crash: Path, tmp_path: Path) -> Iterator[Opened]:
    (tmp_path / "dump").write_text("aabbcc")
    maker = Opened([str(fake_crash), str(tmp_path / "dump")], dict(os.environ))
    yield maker
    maker.close()


class Session:
    """A copy with pipes: ``say(line)`` returns the line that it answers."""

    def __init__(self, maker: Opened, cwd: Path | None = None, **environment: str) -> None:
        (stdin, to_stdin), (from_stdout, stdout) = os.pipe(), os.pipe()
        self.copy: Copy = maker.copy(cwd, environment, (stdin, stdout, stdout))
        os.close(stdin)
        os.close(stdout)
        self.lines, self.answers = os.fdopen(to_stdin, "w"), os.fdopen(from_stdout)

    def say(self, line: str) -> str:
        self.send(line)
        return self.answers.readline().rstrip("\n")

    def send(self, line: str) -> None:
        self.lines.write(f"{line}\n")
        self.lines.flush()


def test_a_copy_has_its_own_position_in_files(opened: Opened) -> None:
    one, other = Session(opened), Session(opened)
    assert [one.say("read"), other.say("read"), one.say("read"), other.say("read")] == ["aa", "aa", "bb", "bb"]


def test_a_copy_has_the_folder_and_the_environment_of_the_request(opened: Opened, tmp_path: Path) -> None:
    session = Session(opened, tmp_path, COLOUR="blue")
    assert session.say("pwd") == str(tmp_path)
    assert session.say("env COLOUR") == "blue"
    assert [session.say(f"env {name}") for name in ("HOME", "LD_PRELOAD", "MPYK_COPIES")] == ["unset"] * 3


def test_stderr_reaches_the_file_of_the_request(opened: Opened) -> None:
    assert Session(opened).say("warn") == "warned"


def test_the_end_of_a_copy_is_reported(opened: Opened) -> None:
    by_status, by_signal, by_end_of_input = Session(opened), Session(opened), Session(opened)
    assert by_status.copy.poll() is None
    by_status.send("exit 7")
    os.kill(by_signal.copy.pid, signal.SIGTERM)
    by_end_of_input.lines.close()
    ends = [session.copy.wait(SECONDS) for session in (by_status, by_signal, by_end_of_input)]
    assert ends == [7, -signal.SIGTERM, 1]
    assert not opened.is_used


def test_a_copy_that_goes_on_can_be_waited_for_and_killed(opened: Opened) -> None:
    session = Session(opened)
    with pytest.raises(subprocess.TimeoutExpired):
        session.copy.wait(0.01)
    assert opened.is_used
    session.copy.kill()
    assert session.copy.wait(SECONDS) == -signal.SIGKILL


def test_a_copy_leads_a_session_of_its_own(opened: Opened) -> None:
    session = Session(opened)
    assert session.say("env NOTHING") == "unset"
    assert os.getsid(session.copy.pid) == session.copy.pid


def test_what_was_printed_before_the_prompt_is_known(opened: Opened) -> None:
    assert Session(opened).say("env NOTHING") == "unset", "and a copy does not print it again"
    assert opened.printed() == (b"opened\n", b"")


def test_a_crash_that_cannot_open_its_dump(fake_crash: Path, tmp_path: Path) -> None:
    maker = Opened([str(fake_crash), str(tmp_path / "absent")], dict(os.environ))
    with pytest.raises(AssertionError, match=r"cannot open the dump.*no dump"):
        Session(maker)
    maker.close()


def test_only_what_was_offered_is_copied(fake_crash: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_offered", set())
    monkeypatch.setattr(module, "_opened", {})
    dumps = [tmp_path / str(number) for number in range(module.MOST_OPENED + 1)]
    for dump in dumps:
        dump.write_text("aabb")
    module.offer([fake_crash], dumps)
    ask = {dump: (fake_crash, dump, [str(fake_crash), str(dump)], dict(os.environ)) for dump in dumps}
    assert module.offered(fake_crash, tmp_path / "other", ["x"], {}) is None
    assert module.offered(tmp_path / "patched", dumps[0], ["x"], {}) is None
    first = module.offered(*ask[dumps[0]])
    assert first is not None
    session = Session(first)
    makers = [module.offered(*ask[dump]) for dump in dumps]
    assert makers[0] is first, "a copy of it still runs, so it is kept"
    assert len(module._opened) == module.MOST_OPENED
    assert session.say("read") == "aa"
    module.close_all()
    assert not module._opened
