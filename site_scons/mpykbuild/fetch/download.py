# SPDX-License-Identifier: GPL-3.0-or-later
"""Download files. A file is kept only if it is complete and has the pinned hash.

A file under its final name is verified. During the download it has a temporary name, which differs for each process.
An interrupted download is not continued but started again, because the content of a partial file is not reliable.
"""

from __future__ import annotations

import http.client
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mpykbuild.base.cache import file_digest, locked, partial_path
from mpykbuild.base.errors import BuildError

CHUNK = 1 << 18
REFRESH_SECONDS = 0.2
# If an address does not answer for this time, the next origin is used.
TIMEOUT_SECONDS = 10.0

Echo = Callable[[str], object]


class Unavailable(Exception):
    """An origin that does not deliver the file. This becomes an error only if no other origin delivers it."""


class WrongHash(BuildError):
    """A file whose content does not have the pinned hash. It always ends the build; no other origin is used."""


@dataclass(frozen=True)
class PinnedFile:
    """A pinned file. ``size`` is in bytes, or None if it is not known."""

    name: str
    sha256: str
    size: int | None = None


@dataclass
class Progress:
    """Shows a download's progress in one line on a terminal, and nothing elsewhere. ``total`` is in bytes."""

    name: str
    total: int | None = None
    _shown: float = field(default=0.0, init=False)

    def show(self, done: int) -> None:
        now = time.monotonic()
        if not sys.stdout.isatty() or now - self._shown < REFRESH_SECONDS:
            return
        self._shown = now
        share = f" {100 * done // self.total:3d} %" if self.total else ""
        sys.stdout.write(f"\r\x1b[K{self.name}:{share} {readable_size(done)}")
        sys.stdout.flush()

    def clear(self) -> None:
        if sys.stdout.isatty():
            sys.stdout.write("\r\x1b[K")
            sys.stdout.flush()


def readable_size(size: int) -> str:
    """Return a size in megabytes, or in bytes if it is small."""
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size} bytes"


def check_download(path: Path, wanted: PinnedFile, came_from: str) -> None:
    """Raise Unavailable if ``path`` is shorter than ``wanted``, and WrongHash if its hash differs."""
    size = path.stat().st_size
    if wanted.size is not None and size < wanted.size:
        raise Unavailable(f"the download ended after {size} of {wanted.size} bytes")
    found = file_digest(path)
    if found != wanted.sha256:
        raise WrongHash(
            f"{wanted.name} from {came_from} has the wrong hash: sha256 {found}, but {wanted.sha256} is pinned.",
            "remove that file if it is the wrong one, or else correct its hash in site_scons/sources.json. "
            "A downloaded file with a wrong hash is not kept.",
        )


def is_verified(path: Path, wanted: PinnedFile) -> bool:
    """Return whether the file ``path`` exists and has the pinned hash."""
    return path.is_file() and file_digest(path) == wanted.sha256


def keep_verified(wanted: PinnedFile, folder: Path, came_from: str, fill: Callable[[Path], None]) -> Path:
    """Return ``folder/<wanted.name>``. If it is not there yet, call ``fill(partial)`` and verify the result.

    ``fill`` downloads into the path that it gets. Two builds that need the same file wait for each other. On a file
    system without locks both download it. ``came_from`` is the file's address, for messages.
    """
    final = folder / wanted.name
    with locked(folder / f".{wanted.name}.lock"):
        if is_verified(final, wanted):
            return final
        partial = partial_path(final)
        try:
            fill(partial)
            check_download(partial, wanted, came_from)
            _sync_to_disk(partial)
            partial.replace(final)
            _sync_to_disk(folder)
        finally:
            partial.unlink(missing_ok=True)
    return final


def _sync_to_disk(path: Path) -> None:
    """Write a file or a folder to the disk, so that the final name has its content even if the machine crashes."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def downloader(url: str, wanted: PinnedFile, timeout: float = TIMEOUT_SECONDS) -> Callable[[Path], None]:
    """Return a function for :func:`keep_verified` that downloads ``url`` into the file that it gets.

    It raises Unavailable if anything fails. ``timeout`` is in seconds.
    """

    def fill(partial: Path) -> None:
        request = urllib.request.Request(url, headers={"User-Agent": "mpykdump-build"})
        progress = Progress(wanted.name, wanted.size)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer, partial.open("wb") as out:
                _copy(answer, out.write, progress)
        except urllib.error.HTTPError as error:
            raise Unavailable(f"the server answered {error.code} {error.reason}") from error
        except urllib.error.URLError as error:
            raise Unavailable(_reason(error.reason)) from error
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(_reason(error)) from error
        finally:
            progress.clear()

    return fill


def _copy(answer: http.client.HTTPResponse, write: Callable[[bytes], object], progress: Progress) -> None:
    announced = answer.headers.get("Content-Length", "")
    expected = int(announced) if announced.isdigit() else None
    progress.total = progress.total or expected
    done = 0
    while chunk := answer.read(CHUNK):
        write(chunk)
        done += len(chunk)
        progress.show(done)
    if expected is not None and done < expected:
        raise Unavailable(f"the download ended after {done} of {expected} bytes")


def _reason(error: object) -> str:
    """Return the system's message for a failed connection, without the error's number."""
    said = error.strerror if isinstance(error, OSError) else None
    return one_line(said or str(error)) or type(error).__name__


def one_line(text: str) -> str:
    """Return ``text`` on a single line."""
    return " ".join(text.split())
