# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests under old names: flags, damage, and reports."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.caches import purge_memoize_cache  # noqa: E402
from pykdump.legacy import request_reports  # noqa: E402

REQUEST, BIO, QUEUE, DISK = 0x1000, 0x2000, 0x3000, 0x4000


def request(**values: int) -> fake_crash.StructResult:
    kernel = fake_crash.install()
    purge_memoize_cache(-1)
    kernel.define("struct gendisk", disk_name="char[8]", major="s32")
    kernel.define("struct request_queue", disk="ptr struct gendisk")
    kernel.define(
        "struct request", bio="ptr", biotail="ptr", q="ptr struct request_queue", cmd_flags="u32", rq_flags="u32",
        state="u32", deadline="u64", start_time_ns="u64", timeout="u32",
    )  # fmt: skip
    kernel.make("struct gendisk", DISK, disk_name="sda", major=8)
    kernel.make("struct request_queue", QUEUE, disk=DISK)
    kernel.write(BIO, bytes(8))
    kernel.enums["enum req_op"] = {"REQ_OP_READ": 0, "REQ_OP_WRITE": 1}
    kernel.enums["enum req_flag_bits"] = {"__REQ_FAILFAST_DEV": 8, "__REQ_SYNC": 11, "__REQ_META": 12}
    return kernel.make("struct request", REQUEST, **{"bio": BIO, "biotail": BIO, "q": QUEUE, **values})


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, None),
        ({"bio": 0}, "rq.bio = NULL"),
        ({"bio": BIO + 1}, "rq.bio unaligned"),
        ({"biotail": BIO + 2}, "rq.biotail unaligned"),
        ({"q": 0}, "rq.q=0x0"),
        ({"q": QUEUE + 2}, "rq.q=0x3002"),
        ({"bio": 0x9000}, "rq.bio or rq.q cannot be read"),
    ],
)
def test_requests_that_are_damaged(values: dict[str, int], reason: str | None) -> None:
    found = request(**values)
    fake_crash.KERNEL.write(QUEUE + 2, bytes(8))
    assert request_reports.is_request_BAD(found) == reason
    if reason:
        assert request_reports.decode_request(found).endswith(f" BAD: {reason}")


def test_flags() -> None:
    found = request(cmd_flags=1 | 1 << 11 | 1 << 12, state=1)
    assert request_reports.decode_rq_state(found) == "WRITE|SYNC|META"
    assert request_reports.is_request_WRITE(found)
    assert request_reports.is_request_STARTED(found)
    found = request()
    assert request_reports.decode_rq_state(found) == "READ"
    assert not request_reports.is_request_WRITE(found)
    assert not request_reports.is_request_STARTED(found)


@pytest.mark.parametrize(
    ("deadline", "text"), [(1500, "times out in  2.00s"), (500, "timed out  2.00s ago"), (0, "timed out  4.00s ago")]
)
def test_a_request_as_text(monkeypatch: pytest.MonkeyPatch, deadline: int, text: str) -> None:
    monkeypatch.setattr(request_reports, "monotonic_ns", lambda: 5 * request_reports.NS)
    monkeypatch.setattr(request_reports, "jiffies_now", lambda: 1000)
    found = request(state=1, deadline=deadline, start_time_ns=2 * request_reports.NS)
    assert request_reports.decode_request(found) == (
        f"    <struct request 0x1000>\n\tdisk_name=sda major=8\n\t  started 3.00 s ago, {text}"
    )


def test_nothing_is_printed_if_there_is_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(request_reports, "get_request_queues", dict)
    monkeypatch.setattr(request_reports, "get_gendisks", list)
    monkeypatch.setattr(request_reports, "monotonic_ns", lambda: 0)
    assert [request_reports.print_request_queues(-1), request_reports.print_request_slab(-1)] == [0, 0]
    assert capsys.readouterr().out == ""
    assert request_reports.print_request_queues(0) == 0
    assert capsys.readouterr().out == " -- Request Queues Analysis:     Count=0, in_flight=0\n"
