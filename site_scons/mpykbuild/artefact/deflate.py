# SPDX-License-Identifier: GPL-3.0-or-later
"""Compress the files of the bundle with the zlib of the product's own interpreter.

Releases of zlib compress differently, and the library of the build machine must not change the result. A Python
without zlib, such as a prebuilt one, could not read a compressed bundle, so for it nothing is compressed.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

from mpykbuild.python import byte_compile
from mpykbuild.python.inside import deflate_worker

# A file that becomes less than this smaller, in percent, is stored: reading it is quicker then.
LEAST_GAIN = 10


def deflated(python: Path, content: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files that become smaller, name to raw deflate stream. ``python`` is the folder of the product."""
    if "zlib" not in (python / "builtin.txt").read_text().split():
        return {}
    names = sorted(content)
    question = [base64.b64encode(content[name]).decode() for name in names]
    answer = byte_compile.ask_program(
        python / "bin" / "python", deflate_worker.__file__, question, "The bundle cannot be compressed"
    )
    found = {name: base64.b64decode(text) for name, text in zip(names, answer, strict=True)}
    return {name: data for name, data in found.items() if len(data) * 100 < len(content[name]) * (100 - LEAST_GAIN)}
