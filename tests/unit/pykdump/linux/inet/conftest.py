# SPDX-License-Identifier: GPL-3.0-or-later
"""What the helpers report about damage stays in its test: programs would print it again at their end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.pylog import pylog  # noqa: E402


@pytest.fixture(autouse=True)
def reported() -> Iterator[list[str]]:
    """The messages of this test."""
    messages: list[str] = []
    before = pylog.send_to(lambda prefix, message: messages.append(message))
    yield messages
    pylog.send_to(before)
