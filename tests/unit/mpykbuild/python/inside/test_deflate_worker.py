# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that compresses the bundle's files."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import zlib

from mpykbuild.python.inside import deflate_worker


def test_answers_are_raw_deflate_streams_in_the_order_of_the_questions() -> None:
    texts = [b"", b"one", b"two " * 50]
    question = json.dumps([base64.b64encode(text).decode() for text in texts])
    done = subprocess.run(
        [sys.executable, "-I", "-S", deflate_worker.__file__],
        input=question,
        capture_output=True,
        text=True,
        check=True,
    )
    streams = [base64.b64decode(text) for text in json.loads(done.stdout)]
    assert [zlib.decompress(stream, -zlib.MAX_WBITS) for stream in streams] == texts
