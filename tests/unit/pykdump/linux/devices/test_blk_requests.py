# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests of block devices: what they do, where they are, and how old they are."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.caches import purge_memoize_cache  # noqa: E402
from pykdump.linux.devices import blk_requests  # noqa: E402

REQUEST = 0x1000


def request(**values: int) -> fake_crash.StructResult:
    kernel = fake_crash.KERNEL
    kernel.define("struct request", cmd_flags="u32", state="u32", timeout="u32", deadline="u64", start_time_ns="u64")
    return kernel.make("struct request", REQUEST, **values)


@pytest.mark.parametrize("enum", ["enum req_op", "enum req_opf"], ids=["6.0", "5.10"])
def test_operations(enum: str) -> None:
    kernel = fake_crash.install()
    kernel.enums[enum] = {"REQ_OP_READ": 0, "REQ_OP_WRITE": 1, "REQ_OP_DRV_IN": 34}
    purge_memoize_cache(-1)
    flags = 0xABCD00
    assert blk_requests.request_operation(request(cmd_flags=flags | 1)) == "WRITE"
    assert blk_requests.request_operation(request(cmd_flags=flags | 34)) == "DRV_IN"
    assert blk_requests.request_operation(request(cmd_flags=flags | 99)) == "99"


@pytest.mark.parametrize(("number", "name"), [(0, "idle"), (1, "in-flight"), (2, "complete"), (7, "7")])
def test_states(number: int, name: str) -> None:
    fake_crash.install()
    assert blk_requests.request_state(request(state=number)) == name


def test_the_age_of_a_request() -> None:
    fake_crash.install()
    assert blk_requests.request_age_ns(request(start_time_ns=400), 1000) == 600
    assert blk_requests.request_age_ns(request(start_time_ns=1400), 1000) == 0, "made after the last tick"
    assert blk_requests.request_age_ns(request(), 1000) is None


def test_the_time_with_the_driver() -> None:
    fake_crash.install()
    issued = blk_requests.request_issued_jiffies
    assert issued(request(state=1, timeout=7500, deadline=17500), 12000) == 2000
    assert issued(request(state=1, timeout=7500, deadline=17500), 20000) == 10000
    assert issued(request(state=0, timeout=7500, deadline=17500), 12000) is None
    assert issued(request(state=1, timeout=0), 12000) is None
