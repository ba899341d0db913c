# SPDX-License-Identifier: GPL-3.0-or-later
"""ext/crash/imports.c: the running program calls another function in place of an import, however it was linked."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import cprobe

LINKED = {
    "lazily": ["-Wl,-z,lazy"],
    "at the start, then read-only": ["-Wl,-z,now,-z,relro"],
    "without stubs": ["-fno-plt"],
    "at a fixed address": ["-no-pie", "-fno-pie"],
}


@pytest.mark.parametrize("words", [(), ("called before",)], ids=["never called", "called before"])
@pytest.mark.parametrize("how", LINKED)
def test_the_import_is_replaced_and_put_back(tmp_path: Path, how: str, words: tuple[str, ...]) -> None:
    program = cprobe.build(tmp_path, "crash/imports_probe.c", "crash/imports.c", options=LINKED[how])
    assert cprobe.run(program, *words) == ["ours 1", "theirs", "0"]
