# SPDX-License-Identifier: GPL-3.0-or-later
"""./sconsw fix: every linter runs, and the status is 1 when one of them reports a problem."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import PROJECT
from mpykbuild.targets import fix


@pytest.mark.parametrize(("failing", "status"), [("", 0), ("ruff", 1), ("clang-format", 1), ("mypy", 1)])
def test_every_linter_runs(monkeypatch: pytest.MonkeyPatch, failing: str, status: int) -> None:
    ran: list[Sequence[str]] = []

    def show(command: Sequence[str], cwd: Path) -> int:
        assert cwd == PROJECT
        ran.append(command)
        return 1 if failing and failing in " ".join(command[:3]) else 0

    monkeypatch.setattr(fix, "run_on_terminal", show)
    assert fix.fix([], {}, PROJECT) == status
    assert [Path(command[2] if command[1] == "-m" else command[0]).name for command in ran] == [
        "ruff", "ruff", "clang-format", "mypy",
    ]  # fmt: skip


def test_fix_takes_no_other_words() -> None:
    with pytest.raises(BuildError, match="fix takes no other words, but got test"):
        fix.fix(["test"], {}, PROJECT)


def test_c_sources_are_those_of_the_extension() -> None:
    names = {path.relative_to(PROJECT).as_posix() for path in fix.c_sources()}
    assert {"ext/values/struct.c", "ext/gdb/gdb16_bridge.cpp", "ext/base/pycompat.h"} <= names
    assert not any("testmod" in name or "guest" in name for name in names)
