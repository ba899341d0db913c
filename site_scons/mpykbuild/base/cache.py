# SPDX-License-Identifier: GPL-3.0-or-later
"""A cache of expensive products (CPython, crash, guest images). The hash of a product's inputs is its key.

A product is a folder. It is made under a temporary name and renamed when it is complete. So a product under its final
name is always complete. Two processes that build the same product wait for each other on a lock file.

The lock only saves work. On a file system without locks (such as NFS mounted with ``nolock``) both processes build,
each in its own temporary folder. The first one that finishes renames its folder; the other one uses that product.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


def digest_of(inputs: Mapping[str, str | bytes]) -> str:
    """Return the sha256 of named inputs in hex. The order of the inputs does not matter."""
    whole = hashlib.sha256()
    for name in sorted(inputs):
        value = inputs[name]
        data = value.encode() if isinstance(value, str) else value
        whole.update(f"{name}\0{len(data)}\0".encode())
        whole.update(data)
    return whole.hexdigest()


def file_digest(path: Path) -> str:
    """Return the sha256 of a file's content in hex."""
    whole = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            whole.update(chunk)
    return whole.hexdigest()


@dataclass(frozen=True)
class Product:
    """One cached folder: ``<root>/<kind>/<name>-<first 16 characters of key>``."""

    root: Path
    kind: str
    name: str
    key: str

    @property
    def path(self) -> Path:
        return self.root / self.kind / f"{self.name}-{self.key[:16]}"

    @property
    def log(self) -> Path:
        """The log of the last build of the product, also of a build that failed."""
        return self.path.with_name(self.path.name + ".log")

    def is_built(self) -> bool:
        return (self.path / "product.json").is_file()


# The errors of flock() on a file system without locks. The build then works without a lock.
NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)
PARTIAL = ".partial"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on the file ``path``, which is created if necessary. The lock ends if the process dies.

    On a file system without locks the block runs without a lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
        yield


def machine_name() -> str:
    """Return this machine's name with only those characters that are safe in the path of a build."""
    return re.sub(r"[^A-Za-z0-9.]", "-", socket.gethostname()) or "unnamed"


def build_once(product: Product, make: Callable[[Path], None], facts: Mapping[str, object] | None = None) -> Path:
    """Return the folder of ``product``. Call ``make(folder)`` first if the product is not built yet.

    ``make`` fills a temporary folder next to the final one. If it raises, there is no product.
    ``facts`` are written to product.json in addition to kind, name and key.
    """
    if product.is_built():
        return product.path
    with locked(product.path.with_name(product.path.name + ".lock")):
        if product.is_built():
            return product.path
        work = partial_path(product.path)
        work.mkdir(parents=True)
        with folder_without_blanks(work) as place:
            make(place)
        record = {"kind": product.kind, "name": product.name, "key": product.key, **(facts or {})}
        (work / "product.json").write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
        put_in_place(work, product.path, product.is_built)
    return product.path


@contextmanager
def folder_without_blanks(folder: Path) -> Iterator[Path]:
    """Yield the empty ``folder``, or if its path has blanks a temporary one, which is then moved to its place.

    The makefiles of CPython, crash and the kernel split paths at blanks.
    """
    if not re.search(r"\s", str(folder.absolute())):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="mpykdump-") as scratch:
        place = Path(scratch) / folder.parent.name
        place.mkdir(mode=folder.stat().st_mode & 0o777)
        yield place
        folder.rmdir()
        shutil.move(place, folder)


def partial_path(final: Path) -> Path:
    """Return the temporary path where this process makes ``final``. It is free, and no other process uses it.

    Also remove the temporary files and folders of dead processes of this machine. Those of other machines stay,
    because their processes may still be running.
    """
    mark = f"{final.name}{PARTIAL}"
    own = final.with_name(f"{mark}-{machine_name()}-{os.getpid()}")
    for left in [path for path in final.parent.glob("*") if path.name.startswith(mark)]:
        maker, _, pid = left.name.removeprefix(mark).rpartition("-")
        if left == own or (maker in ("", f"-{machine_name()}") and not _is_alive(pid)):
            discard(left)
    return own


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Write ``text`` to ``path``, unless the file has this text already. A reader sees the old text or the new one."""
    if path.is_file() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{machine_name()}-{os.getpid()}")
    fresh.write_text(text)
    fresh.chmod(mode)
    fresh.replace(path)


def discard(path: Path) -> None:
    """Remove a file or a folder if it exists."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _is_alive(pid: str) -> bool:
    return pid.isdigit() and Path("/proc", pid).exists()


def put_in_place(work: Path, final: Path, is_whole: Callable[[], bool]) -> None:
    """Rename the folder ``work`` to ``final``. If another process made ``final`` first, remove ``work`` instead."""
    try:
        work.rename(final)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        if not is_whole():
            # A user removed a part of it: no build leaves an incomplete folder under the final name.
            shutil.rmtree(final)
            work.rename(final)
    shutil.rmtree(work, ignore_errors=True)
