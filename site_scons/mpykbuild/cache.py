# SPDX-License-Identifier: GPL-3.0-or-later
"""A cache of expensive products (CPython, crash, guest images), addressed by the hash of their inputs.

A product is a folder. It is made under a temporary name and renamed when it is complete, so a product that is there
is whole; two builders of the same product wait for each other on a lock file.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
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


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on ``path`` (made if absent); the kernel drops it when the holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def build_once(product: Product, make: Callable[[Path], None], facts: Mapping[str, object] | None = None) -> Path:
    """Return the folder of ``product``; call ``make(folder)`` first if it is not there yet.

    ``make`` fills a temporary folder beside the final one; whatever it raises leaves no product behind.
    """
    if product.is_built():
        return product.path
    with locked(product.path.with_name(product.path.name + ".lock")):
        if product.is_built():
            return product.path
        work = product.path.with_name(product.path.name + ".partial")
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(product.path, ignore_errors=True)
        work.mkdir(parents=True)
        make(work)
        record = {"kind": product.kind, "name": product.name, "key": product.key, **(facts or {})}
        (work / "product.json").write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
        work.rename(product.path)
    return product.path
