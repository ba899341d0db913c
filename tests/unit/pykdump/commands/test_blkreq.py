# SPDX-License-Identifier: GPL-3.0-or-later
"""blkreq: a finding for a request that its driver has had for too long."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands import blkreq  # noqa: E402


def request(issued: float | None) -> blkreq.Request:
    return blkreq.Request(0x1000, "sda", "WRITE", "in-flight", 50.0, issued, 30.0, 8, 4096, 0, 1, -1, 2)


@pytest.mark.parametrize(("issued", "found"), [(None, 0), (29.0, 0), (31.0, 1)])
def test_a_request_that_is_late(issued: float | None, found: int) -> None:
    findings = list(blkreq.findings([request(issued)]))
    assert len(findings) == found
    if findings:
        assert str(findings[0]) == (
            "[error] block-request-overdue: The driver of sda has had a WRITE for 31 s; its timeout is 30 s. (0x1000)"
        )


def test_columns() -> None:
    assert (request(None).issued_text, request(1.25).issued_text) == ("-", "1.250 s")
