# SPDX-License-Identifier: GPL-3.0-or-later
"""Pinned sources: choosing a row, the order of origins, what is reported to the user."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.fetch import sources
from mpykbuild.fetch.apt_client import AptClient
from mpykbuild.fetch.download import PinnedFile, Unavailable, WrongHash
from mpykbuild.fetch.sources import DebianOrigin, FileSet, Source, SourceFile, Sources, UrlOrigin
from support.webserver import WebServer, web_server

CONTENT = b"a source tarball" * 1000


def pinned(name: str, *origins: UrlOrigin | DebianOrigin, content: bytes = CONTENT) -> SourceFile:
    return SourceFile(PinnedFile(name, hashlib.sha256(content).hexdigest(), len(content)), origins)


def release(*sets: tuple[SourceFile, ...]) -> Source:
    return Source("python", "3.99.1", tuple(FileSet("tarball", files) for files in sets))


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with web_server() as server:
        yield server


@pytest.fixture
def apt(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Debian's files by name, instead of a mirror."""
    files: dict[str, bytes] = {}

    def fetch_source(self: AptClient, package: str, file: str, wanted: PinnedFile, dest: Path) -> Path:
        if file not in files:
            raise Unavailable("404 Not Found")
        dest.mkdir(parents=True, exist_ok=True)
        (dest / wanted.name).write_bytes(files[file])
        return dest / wanted.name

    monkeypatch.setattr(AptClient, "fetch_source", fetch_source)
    return files


class EchoedLines(list[str]):
    def __call__(self, line: str) -> None:
        assert "\n" not in line
        self.append(line)


# Two series of each name. The rows are in no order, and "1.2.15" is newer than "1.2.5".
KNOWN = Sources(
    tuple(
        Source(name, version, (), version == "1.2.15")
        for name in ("python", "crash")
        for version in ("1.2.5", "1.2.15", "1.1.2", "1.10.1")
    )
)


def test_pinned_releases_of_every_kind_are_there() -> None:
    known = sources.load_sources()
    assert {row.name for row in known.rows} == {"python", "crash", "libdeflate", "zlib"}
    assert all(row.default for row in (known.python(), known.crash(), known.libdeflate(), known.zlib()))


@pytest.mark.parametrize("choose", [KNOWN.python, KNOWN.crash], ids=["python", "crash"])
@pytest.mark.parametrize(
    ("asked", "version"),
    [("", "1.2.15"), ("1.2", "1.2.15"), ("1.2.5", "1.2.5"), ("1.1", "1.1.2"), ("1", "1.10.1"), ("1.10", "1.10.1")],
)
def test_version_or_series_chooses_the_newest_that_it_names(
    choose: Callable[[str], Source], asked: str, version: str
) -> None:
    assert choose(asked).version == version


@pytest.mark.parametrize("asked", ["1.3", "1.2.1", "2.7", "x"])
def test_unknown_version_names_the_known_ones(asked: str) -> None:
    with pytest.raises(BuildError, match=f"no pinned python {asked};.*1.2.5, 1.2.15, 1.1.2, 1.10.1"):
        KNOWN.python(asked)


def test_file_is_known_by_its_name_and_by_those_of_its_origins() -> None:
    file = pinned(
        "a.tar", UrlOrigin("https://x/v1.tar"), DebianOrigin("a", "a_1.orig.tar"), UrlOrigin("https://y/a.tar")
    )
    assert file.names == ("a.tar", "v1.tar", "a_1.orig.tar")


def test_gdb_of_a_crash_is_that_of_its_first_set() -> None:
    assert Source("crash", "1.0", (FileSet("debian", (), "2.3"), FileSet("crash", (), "2.2"))).gdb == "2.3"
    assert release((pinned("a.tar"),)).gdb == ""


def test_key_depends_on_all_hashes_and_not_on_origins() -> None:
    one, other = pinned("a.tar"), pinned("a.tar", content=b"other")
    assert release((one,)).key != release((other,)).key
    assert release((one,)).key == release((replace(one, origins=(UrlOrigin("https://x/a.tar"),)),)).key


def test_broken_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "sources.json"
    path.write_text('{"sources": [')
    with pytest.raises(BuildError, match="not valid JSON"):
        sources.load_sources(path)
    path.write_text(json.dumps({"sources": [{"name": "perl"}, {"x": 1}]}))
    with pytest.raises(BuildError, match=r"(?s)mistake.*sources\[0\]: name.*sources\[1\]: unknown key 'x'"):
        sources.load_sources(path)
    with pytest.raises(BuildError, match="cannot be read"):
        sources.load_sources(tmp_path / "none.json")


def test_downloads_folder_comes_first(web: WebServer, apt: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "py_3.99.orig.tar").write_bytes(CONTENT)
    file = pinned("a.tar", UrlOrigin(web.serve("/a.tar", CONTENT)), DebianOrigin("py", "py_3.99.orig.tar"))
    found = sources.fetch_source(release((file,)), tmp_path / "mine", tmp_path / "cache", EchoedLines())
    assert found == [tmp_path / "mine" / "py_3.99.orig.tar"]
    assert web.asked == []


def test_first_origin_that_delivers_the_file_is_used(web: WebServer, apt: dict[str, bytes], tmp_path: Path) -> None:
    apt["py.orig.tar"] = CONTENT
    echoed = EchoedLines()
    file = pinned("a.tar", UrlOrigin(web.address + "/none/a.tar"), DebianOrigin("py", "py.orig.tar"),
                  UrlOrigin(web.serve("/last/a.tar", CONTENT)))  # fmt: skip
    (path,) = sources.fetch_source(release((file,)), tmp_path, tmp_path / "cache", echoed)
    assert path == tmp_path / "cache" / "downloads" / "a.tar"
    assert web.asked == ["/none/a.tar"]
    assert echoed == [
        f"sources: a.tar: not in {tmp_path}",
        f"sources: a.tar: {web.address}/none/a.tar: the server answered 404 Not Found",
        "sources: a.tar: 16000 bytes from Debian's source package py",
    ]


def test_after_an_interrupted_download_the_next_origin_is_used(web: WebServer, tmp_path: Path) -> None:
    echoed = EchoedLines()
    file = pinned("a.tar", UrlOrigin(web.break_off("/1/a.tar", CONTENT[:100], len(CONTENT))),
                  UrlOrigin(web.serve("/2/a.tar", CONTENT)))  # fmt: skip
    (path,) = sources.fetch_source(release((file,)), None, tmp_path, echoed)
    assert path.read_bytes() == CONTENT
    assert "/1/a.tar: " in echoed[0]
    assert len(echoed) == 2


def test_what_was_fetched_is_used_again_silently(web: WebServer, tmp_path: Path) -> None:
    echoed = EchoedLines()
    source = release((pinned("a.tar", UrlOrigin(web.serve("/a.tar", CONTENT))),))
    first = sources.fetch_source(source, None, tmp_path, echoed)
    assert sources.fetch_source(source, None, tmp_path, echoed) == first
    assert len(web.asked) == len(echoed) == 1


def test_wrong_hash_ends_the_fetch_at_once(web: WebServer, tmp_path: Path) -> None:
    file = pinned("a.tar", UrlOrigin(web.serve("/1/a.tar", b"x" * len(CONTENT))),
                  UrlOrigin(web.serve("/2/a.tar", CONTENT)))  # fmt: skip
    with pytest.raises(WrongHash) as caught:
        sources.fetch_source(release((file,)), None, tmp_path, EchoedLines())
    assert hashlib.sha256(b"x" * len(CONTENT)).hexdigest() in str(caught.value)
    assert file.wanted.sha256 in str(caught.value)
    assert web.asked == ["/1/a.tar"]


@pytest.mark.parametrize("content", [b"x" * len(CONTENT), CONTENT[:-1]], ids=["other", "half a file"])
def test_wrong_file_in_the_users_folder_is_an_error_even_when_a_good_one_is_kept(
    web: WebServer, tmp_path: Path, content: bytes
) -> None:
    source = release((pinned("a.tar", UrlOrigin(web.serve("/a.tar", CONTENT))),))
    sources.fetch_source(source, None, tmp_path / "cache", EchoedLines())
    (tmp_path / "a.tar").write_bytes(content)
    with pytest.raises(WrongHash, match=f"a.tar from {tmp_path} has the wrong hash"):
        sources.fetch_source(source, tmp_path, tmp_path / "cache", EchoedLines())


def test_second_set_when_the_first_is_not_complete(web: WebServer, tmp_path: Path) -> None:
    first = (pinned("a.tar", UrlOrigin(web.serve("/a.tar", CONTENT))), pinned("b.tar", UrlOrigin(web.address + "/b")))
    second = (pinned("c.tar", UrlOrigin(web.serve("/c.tar", CONTENT))),)
    echoed = EchoedLines()
    (path,) = sources.fetch_source(release(first, second), None, tmp_path, echoed)
    assert path.name == "c.tar"
    assert sources.fetch_source(release(first, second), None, tmp_path, echoed) == [path]
    assert web.asked == ["/a.tar", "/b", "/c.tar"]


def test_no_origin_delivers_the_file(web: WebServer, apt: dict[str, bytes], tmp_path: Path) -> None:
    echoed = EchoedLines()
    file = pinned("a.tar", UrlOrigin(web.address + "/a.tar"), DebianOrigin("py", "py.tar"))
    with pytest.raises(BuildError, match=r"python 3\.99\.1 cannot be fetched") as caught:
        sources.fetch_source(release((file,)), None, tmp_path, echoed)
    assert "get a.tar elsewhere" in caught.value.next_step
    assert "downloads=DIR" in caught.value.next_step
    assert len(echoed) == 2
