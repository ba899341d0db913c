# SPDX-License-Identifier: GPL-3.0-or-later
"""workqueues: columns that may be empty, and names."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands import workqueues  # noqa: E402


def test_what_does_not_apply_is_a_dash() -> None:
    work = workqueues.Work("pending", "run", 0, "events", "0", None, None)
    assert (work.pid_text, work.in_text) == ("-", "-")
    later = workqueues.Work("delayed", "run", 0, "events", "0", 7, 1.5)
    assert (later.pid_text, later.in_text) == ("7", "1.500 s")


def test_a_struct_that_cannot_be_read_costs_only_itself() -> None:
    def read(struct: int) -> list[int]:
        if struct == 2:
            raise fake_crash.CrashError("no such page")
        return [struct]

    found = list(workqueues._each("pool", read, [1, 2, 3]))  # type: ignore[arg-type, list-item]
    assert found[0] == 1
    assert found[2] == 3
    assert str(found[1]) == "Cannot tell the pool at 0x2: no such page"


def test_a_wrong_name(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        workqueues.main(["*"])
    assert ended.value.code == 3
    assert "is not a regular expression" in capsys.readouterr().err
