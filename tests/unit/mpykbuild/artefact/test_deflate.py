# SPDX-License-Identifier: GPL-3.0-or-later
"""What is compressed in the bundle, and with which Python."""

from __future__ import annotations

import random
import zlib
from pathlib import Path

from mpykbuild.artefact import deflate
from support.fakepython import make_product


def test_only_what_becomes_smaller_is_compressed(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(500)
    found = deflate.deflated(make_product(tmp_path), {"text": b"again " * 99, "noise": noise, "empty": b""})
    assert list(found) == ["text"]
    assert zlib.decompress(found["text"], -zlib.MAX_WBITS) == b"again " * 99


def test_a_python_without_zlib_gets_an_uncompressed_bundle(tmp_path: Path) -> None:
    python = make_product(tmp_path)
    (python / "builtin.txt").write_text("posix\n")
    assert deflate.deflated(python, {"text": b"again " * 99}) == {}
