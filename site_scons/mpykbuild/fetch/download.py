# SPDX-License-Identifier: GPL-3.0-or-later
"""Files from elsewhere: kept only when they are whole and carry the pinned hash.

A file under its final name was verified. What is still under way has a name of its own for each process; it is never
taken up again, because nobody can tell what a half-written file holds.
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
# Without an answer for so long an address counts as unreachable: the next origin is tried instead.
TIMEOUT_SECONDS = 10.0

Echo = Callable[[str], object]


class Unavailable(Exception):
    """This origin does not give the file: not an error as long as another origin does."""


class WrongHash(BuildError):
    """A file whose content is not the pinned one: never passed over in silence."""


@dataclass(frozen=True)
class Wanted:
    """A file as it is pinned. ``size`` is in bytes, None where it is not known."""

    name: str
    sha256: str
    size: int | None = None


@dataclass
class Progress:
    """One rewritten line on a terminal while bytes arrive; nothing elsewhere."""

    name: str
    total: int | None = None
    _shown: float = field(default=0.0, init=False)

    def show(self, done: int) -> None:
        now = time.monotonic()
        if not sys.stdout.isatty() or now - self._shown < REFRESH_SECONDS:
            return
        self._shown = now
        share = f" {100 * done // self.total:3d} %" if self.total else ""
        sys.stdout.write(f"\r\x1b[K{self.name}:{share} {in_megabytes(done)}")
        sys.stdout.flush()

    def clear(self) -> None:
        if sys.stdout.isatty():
            sys.stdout.write("\r\x1b[K")
            sys.stdout.flush()


def in_megabytes(size: int) -> str:
    """Return a size for people: small files are given in bytes."""
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size} bytes"


def check_download(path: Path, wanted: Wanted, came_from: str) -> None:
    """Raise Unavailable when ``path`` is too short to be ``wanted``, WrongHash when its content differs."""
    size = path.stat().st_size
    if wanted.size is not None and size < wanted.size:
        raise Unavailable(f"it broke off after {size} of {wanted.size} bytes")
    found = file_digest(path)
    if found != wanted.sha256:
        raise WrongHash(
            f"{wanted.name} from {came_from} has the wrong hash: sha256 {found}, but {wanted.sha256} is pinned.",
            "remove that file or correct its pinned hash in site_scons/sources.json, whichever is wrong; "
            "what was received has not been kept.",
        )


def is_verified(path: Path, wanted: Wanted) -> bool:
    """Tell whether ``path`` is there with the pinned content."""
    return path.is_file() and file_digest(path) == wanted.sha256


def keep_verified(wanted: Wanted, folder: Path, came_from: str, fill: Callable[[Path], None]) -> Path:
    """Return ``folder/<name>``; unless it is there already, ``fill(partial)`` gets it and its hash is checked.

    Two builds that want the same file wait for each other; where no lock holds them back, both fetch it.
    """
    final = folder / wanted.name
    with locked(folder / f".{wanted.name}.lock"):
        if is_verified(final, wanted):
            return final
        partial = partial_path(final)
        try:
            fill(partial)
            check_download(partial, wanted, came_from)
            _flush(partial)
            partial.replace(final)
            _flush(folder)
        finally:
            partial.unlink(missing_ok=True)
    return final


def _flush(path: Path) -> None:
    """Bring a file or a folder to the disk: a name must never outlive a crash of the machine without its content."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def stream_url(url: str, wanted: Wanted, timeout: float = TIMEOUT_SECONDS) -> Callable[[Path], None]:
    """Return a filler for :func:`keep` that downloads ``url``; it raises Unavailable for whatever goes wrong."""

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
        raise Unavailable(f"it broke off after {done} of {expected} bytes")


def _reason(error: object) -> str:
    """Return what the system says about a failed connection, without its number."""
    said = error.strerror if isinstance(error, OSError) else None
    return one_line(said or str(error)) or type(error).__name__


def one_line(text: str) -> str:
    """Return ``text`` on a single line."""
    return " ".join(text.split())
