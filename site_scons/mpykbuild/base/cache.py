# SPDX-License-Identifier: GPL-3.0-or-later
"""A cache of expensive products (CPython, crash, guest images), addressed by the hash of their inputs.

A product is a folder. It is made under a temporary name and renamed when it is complete, so a product that is there
is whole; two builders of the same product wait for each other on a lock file. The lock only saves work: where it does
not reach (NFS mounted with ``nolock``, or without a lock daemon), both build, each in a folder of its own, the first to
be ready wins, and the other takes what is there.
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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


def digest_of(inputs: Mapping[str, str | bytes]) -> str:
    """Return a hex digest of named inputs; the order in which they were put in does not matter."""
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
    """One cached folder: ``<root>/<kind>/<name>-<first 16 of key>``."""

    root: Path
    kind: str
    name: str
    key: str

    @property
    def path(self) -> Path:
        return self.root / self.kind / f"{self.name}-{self.key[:16]}"

    @property
    def log(self) -> Path:
        """Log of the build that made (or failed to make) the product."""
        return self.path.with_name(self.path.name + ".log")

    def is_built(self) -> bool:
        return (self.path / "product.json").is_file()


# What a file system says that has no locks: then everybody works for himself.
NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)
PARTIAL = ".partial"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on ``path`` (made if absent); the kernel drops it when the holder dies.

    Where the file system has no locks, nobody is kept out.
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
    """Return the name of this machine as it may stand in the path of a build."""
    return re.sub(r"[^A-Za-z0-9.]", "-", socket.gethostname()) or "unnamed"


def build_once(product: Product, make: Callable[[Path], None], facts: Mapping[str, object] | None = None) -> Path:
    """Return the folder of ``product``; call ``make(folder)`` first if it is not there yet.

    ``make`` fills a temporary folder beside the final one; whatever it raises leaves no product behind.
    """
    if product.is_built():
        return product.path
    with locked(product.path.with_name(product.path.name + ".lock")):
        if product.is_built():
            return product.path
        work = partial_path(product.path)
        work.mkdir(parents=True)
        make(work)
        record = {"kind": product.kind, "name": product.name, "key": product.key, **(facts or {})}
        (work / "product.json").write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
        put_in_place(work, product.path, product.is_built)
    return product.path


def partial_path(final: Path) -> Path:
    """Return where this process may make the file or folder ``final``: nothing is there, and no other goes there.

    Removes what makers of this machine left that were killed; those of others may still be at work.
    """
    mark = f"{final.name}{PARTIAL}"
    own = final.with_name(f"{mark}-{machine_name()}-{os.getpid()}")
    for left in [path for path in final.parent.glob("*") if path.name.startswith(mark)]:
        maker, _, pid = left.name.removeprefix(mark).rpartition("-")
        if left == own or (maker in ("", f"-{machine_name()}") and not _is_alive(pid)):
            discard(left)
    return own


def write_atomically(path: Path, text: str, mode: int = 0o644) -> None:
    """Let ``path`` hold ``text``, unless it does already. Whoever reads it meanwhile sees the old text or the new."""
    if path.is_file() and path.read_text() == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{machine_name()}-{os.getpid()}")
    fresh.write_text(text)
    fresh.chmod(mode)
    fresh.replace(path)


def discard(path: Path) -> None:
    """Remove a file or a folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _is_alive(pid: str) -> bool:
    return pid.isdigit() and Path("/proc", pid).exists()


def put_in_place(work: Path, final: Path, is_whole: Callable[[], bool]) -> None:
    """Rename the folder ``work`` to ``final``, unless somebody whom the lock did not keep out was first."""
    try:
        work.rename(final)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        if not is_whole():
            # Half removed by somebody: no builder leaves such a folder.
            shutil.rmtree(final)
            work.rename(final)
    shutil.rmtree(work, ignore_errors=True)
