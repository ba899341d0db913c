# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads: only a complete file with the pinned hash gets its final name."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import io
import multiprocessing
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mpykbuild.base.cache import machine_name
from mpykbuild.fetch.download import (
    PinnedFile,
    Progress,
    Unavailable,
    WrongHash,
    downloader,
    keep_verified,
    readable_size,
)
from support.webserver import WebServer, web_server

CONTENT = b"source" * 50_000


def wanted(content: bytes = CONTENT, size: int | None = len(CONTENT)) -> PinnedFile:
    return PinnedFile("a.tar.gz", hashlib.sha256(content).hexdigest(), size)


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with web_server() as server:
        yield server


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_a_complete_file_is_kept(web: WebServer, tmp_path: Path) -> None:
    url = web.serve("/a.tar.gz", CONTENT)
    assert keep_verified(wanted(), tmp_path, url, downloader(url, wanted())).read_bytes() == CONTENT
    assert visible(tmp_path) == ["a.tar.gz"]


def test_an_existing_file_is_not_fetched_again(web: WebServer, tmp_path: Path) -> None:
    url = web.serve("/a.tar.gz", CONTENT)
    for _ in range(2):
        keep_verified(wanted(), tmp_path, url, downloader(url, wanted()))
    assert web.asked == ["/a.tar.gz"]


def test_a_damaged_kept_file_is_fetched_again(web: WebServer, tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(CONTENT[:-1] + b"x")
    url = web.serve("/a.tar.gz", CONTENT)
    assert keep_verified(wanted(), tmp_path, url, downloader(url, wanted())).read_bytes() == CONTENT


@pytest.mark.parametrize("announced", [len(CONTENT), None], ids=["length announced", "length unknown"])
def test_an_interrupted_download_is_not_kept(web: WebServer, tmp_path: Path, announced: int | None) -> None:
    url = web.break_off("/a.tar.gz", CONTENT[:1000], announced)
    with pytest.raises(Unavailable, match=f"1000 of {len(CONTENT)} bytes|IncompleteRead"):
        keep_verified(wanted(), tmp_path, url, downloader(url, wanted()))
    assert visible(tmp_path) == []


def test_a_download_without_any_known_size_is_still_checked(web: WebServer, tmp_path: Path) -> None:
    url = web.break_off("/a.tar.gz", CONTENT[:1000], None)
    pinned = wanted(size=None)
    with pytest.raises(WrongHash):
        keep_verified(pinned, tmp_path, url, downloader(url, pinned))
    assert visible(tmp_path) == []


def test_a_left_over_partial_file_is_not_continued(web: WebServer, tmp_path: Path) -> None:
    for maker in ("", f"-{machine_name()}-999999999", f"-{machine_name()}-{os.getpid()}"):
        (tmp_path / f"a.tar.gz.partial{maker}").write_bytes(CONTENT[:5000])
    url = web.serve("/a.tar.gz", CONTENT)
    assert keep_verified(wanted(), tmp_path, url, downloader(url, wanted())).read_bytes() == CONTENT
    assert visible(tmp_path) == ["a.tar.gz"]


def _fetch_without_locks(folder: Path, barrier: Any) -> None:
    """Fetch as on NFS without locks: both processes find no file, and both fetch it piece by piece."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    def fill(partial: Path) -> None:
        with partial.open("ab") as out:
            for piece in range(0, len(CONTENT), 100_000):
                barrier.wait(20)
                out.write(CONTENT[piece : piece + 100_000])
                out.flush()

    fcntl.flock = refuse
    keep_verified(wanted(), folder, "", fill)


def test_two_processes_without_locks_do_not_write_to_the_same_file(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(2)
    both = [context.Process(target=_fetch_without_locks, args=(tmp_path, barrier)) for _ in range(2)]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    assert visible(tmp_path) == ["a.tar.gz"]
    assert (tmp_path / "a.tar.gz").read_bytes() == CONTENT


def test_the_error_of_a_wrong_hash_names_both_hashes_and_the_address(web: WebServer, tmp_path: Path) -> None:
    other = b"x" * len(CONTENT)
    url = web.serve("/a.tar.gz", other)
    with pytest.raises(WrongHash) as caught:
        keep_verified(wanted(), tmp_path, url, downloader(url, wanted()))
    assert hashlib.sha256(other).hexdigest() in caught.value.what
    assert wanted().sha256 in caught.value.what
    assert url in caught.value.what
    assert visible(tmp_path) == []


def test_missing_page_is_unavailable(web: WebServer, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="404 Not Found"):
        keep_verified(wanted(), tmp_path, "", downloader(web.address + "/none", wanted()))


def test_refused_connection_is_unavailable(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/a"
        with pytest.raises(Unavailable, match=r"^Connection refused$"):
            keep_verified(wanted(), tmp_path, url, downloader(url, wanted()))


def test_a_server_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/a"
        with pytest.raises(Unavailable, match="timed out"):
            keep_verified(wanted(), tmp_path, url, downloader(url, wanted(), timeout=0.1))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_rewritten_line_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    Progress("a.tar.gz", 4_000_000).show(1_000_000)
    assert isinstance(sys.stdout, Terminal)
    assert sys.stdout.getvalue() == "\r\x1b[Ka.tar.gz:  25 % 1.0 MB"


def test_progress_is_silent_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress("a.tar.gz", 4_000_000)
    progress.show(1_000_000)
    progress.clear()
    assert capsys.readouterr().out == ""


def test_sizes_for_people() -> None:
    assert [readable_size(size) for size in (177, 177_128, 23_160_540)] == ["177 bytes", "0.2 MB", "23.2 MB"]
