# SPDX-License-Identifier: GPL-3.0-or-later
"""Compress texts with zlib. A program for ``bin/python`` of the CPython product, see artefact.deflate.

stdin has a JSON list of contents in base64. stdout gets the same list, each content as a raw deflate stream.
"""

from __future__ import annotations

import base64
import json
import sys
import zlib

LEVEL = 9
RAW = -zlib.MAX_WBITS


def deflated(content: bytes) -> bytes:
    """Return ``content`` as a raw deflate stream, as a ZIP has it."""
    worker = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW)
    return worker.compress(content) + worker.flush()


if __name__ == "__main__":
    answers = [base64.b64encode(deflated(base64.b64decode(text))).decode() for text in json.load(sys.stdin)]
    json.dump(answers, sys.stdout)
