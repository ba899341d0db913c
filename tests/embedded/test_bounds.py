# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts and offsets that a mistake or a damaged dump may give: an error at once, or a loop that Ctrl-C stops."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from support.session import CrashSession

Evaluate = Callable[[str], Any]
Program = Callable[..., str]

START = "import crash\nfrom pykdump.API import *\nprint('started', flush=True)\n"


@pytest.fixture
def raised(crash_session: CrashSession, program: Program) -> Callable[[str], str]:
    """``raised(expression)`` returns the class and the text of the exception."""

    def run(expression: str) -> str:
        path = program(
            f"import crash\nfrom pykdump.API import *\ntry:\n    print('value', {expression})\n"
            "except Exception as error:\n    print(type(error).__name__, error)\n"
        )
        return crash_session.run(f"epython {path}")

    return run


@pytest.mark.parametrize("offset", [2**63 - 1, 2**63 - 8, 2**62, 1, 8])
def test_offset_outside_of_a_bucket(raised: Callable[[str], str], offset: int) -> None:
    assert raised(f"crash.getFullBuckets(sym2addr('modules'), 8, 1, {offset})").startswith("ValueError a bucket of 8 ")


@pytest.mark.parametrize(("size", "count"), [(8, 2**60), (8, 2**40), (2**40, 1), (0, 1), (-8, 1)])
def test_sizes_of_hash_tables_that_no_kernel_has(raised: Callable[[str], str], size: int, count: int) -> None:
    assert raised(f"crash.getFullBuckets(sym2addr('modules'), {size}, {count})").split()[0] in ("ValueError", "error")


@pytest.mark.parametrize(
    "slice_",
    [
        "readSU('struct page', sym2addr('init_task'))[0:45000000]",
        "readSU('struct page', sym2addr('init_task'))[0:2**62]",
        "readSU('struct page', sym2addr('init_task'))[-2**62:2**62:2]",
        "crash.read_value('struct list_head [45000000]', sym2addr('init_task'))[:]",
        "crash.read_value('long [45000000]', sym2addr('init_task'))",
        "crash.read_value('int [45000000][2]', sym2addr('init_task'))",
    ],
)
def test_lists_that_would_take_gigabytes(raised: Callable[[str], str], slice_: str) -> None:
    assert "elements are more than a list may have (16777216)" in raised(slice_)


@pytest.mark.parametrize(
    "call",
    [
        "readSU('struct page', sym2addr('init_task'))[0:16000000]",
        "crash.readmem(crash.readPtr(sym2addr('page_offset_base')) + (1 << 20), 1 << 27)",
        "crash.getFullBuckets(crash.readPtr(sym2addr('page_offset_base')) + (1 << 20), 8, 1 << 24)",
    ],
)
def test_long_read_can_be_interrupted(crash_session: CrashSession, program: Program, call: str) -> None:
    body = f"while True:\n    try: {call}\n    except (crash.error, IndexError): pass\n"
    marker = crash_session.send(f"epython {program(START + body)}")
    crash_session.read_until("started")
    time.sleep(0.5)
    crash_session.interrupt()
    assert "Interrupted." in crash_session.read_until(marker)
    assert "LOAD AVERAGE" in crash_session.run("sys")


@pytest.mark.parametrize(
    ("slice_", "indices"),
    [
        ("0:3:1", [0, 1, 2]), ("1:8:3", [1, 4, 7]), ("5:9:2**63-1", [5]), ("5:9:2**70", [5]), ("-3:0:2", [-3, -1]),
        ("4:4", []),
    ],
)  # fmt: skip
def test_elements_of_a_slice(evaluate: Evaluate, slice_: str, indices: list[int]) -> None:
    head = "readSU('struct list_head', sym2addr('modules'))"
    assert evaluate(f"[(int(one) - int({head})) // 16 for one in {head}[{slice_}]]") == indices


def test_einfo_of_an_enum_without_a_tag(evaluate: Evaluate) -> None:
    """``struct ctl_table_header`` has such an enum (include/linux/sysctl.h, since Linux 6.11)."""
    header = "readSymbol('sysctl_table_root').default_set.dir.header"
    if not evaluate(f"{header}.hasField('type')"):
        pytest.skip("this kernel has no enum without a tag in struct ctl_table_header")
    found = evaluate(f"{header}.type.einfo")
    assert found == {"SYSCTL_TABLE_TYPE_DEFAULT": 0, "SYSCTL_TABLE_TYPE_PERMANENTLY_EMPTY": 1}
