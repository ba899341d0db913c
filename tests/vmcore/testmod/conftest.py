# SPDX-License-Identifier: GPL-3.0-or-later
"""Views of the dump: with and without the debuginfo of our module, and with each source of types."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.session import CrashSession, Variant, Vmcore
from support.testmod import TestmodTruth
from support.truth import Truth

RECORD = "proc/mpyk_testmod"
# (is the module's debuginfo loaded, the source of types)
VIEWS = {
    "without-debuginfo": (False, "auto"), "debuginfo": (True, "auto"), "debuginfo-gdb": (True, "gdb"),
    "debuginfo-btf": (True, "btf"),
}  # fmt: skip
PROGRAM = """
import json
from pykdump.API import *
from LinuxDump.trees import *
from LinuxDump.percpu import *
from LinuxDump.idr import idr_for_each
def A(name):
    return ADDRESS[name]
def S(name, ctype=None):
    return readSU(ctype or "struct " + name, ADDRESS[name])
def failure(call):
    try:
        return ["no failure", repr(call())]
    except Exception as e:
        return [type(e).__name__, str(e)]
ADDRESS = json.loads(ADDRESSES)
crash.set_type_source(SOURCE)
try:
    exec(SETUP)
    print("@@" + json.dumps(eval(EXPRESSION)) + "@@")
finally:
    crash.set_type_source("auto")
"""


@dataclass(frozen=True)
class View:
    """``view(expression)``: its value inside crash, as far as JSON can carry it.

    ``A(name)`` is the address of a variable of the module, as the module printed it, ``S(name)`` the struct there.
    """

    session: CrashSession
    debuginfo: bool
    source: str
    truth: TestmodTruth
    folder: Path

    def __call__(self, expression: str, setup: str = "") -> Any:
        words = {"ADDRESSES": json.dumps(self.truth.address), "SOURCE": self.source}
        text = PROGRAM
        for name, value in {**words, "SETUP": setup, "EXPRESSION": f"({expression})"}.items():
            text = text.replace(f"({name})", f"({value!r})")
        program = self.folder / "view.py"
        program.write_text(text)
        output = self.session.run(f"epython {program}")
        parts = output.split("@@")
        assert len(parts) >= 3, output
        return json.loads(parts[1])

    def printed(self, expression: str, setup: str = "") -> str:
        """What the expression makes pylog and Dump() print."""
        program = self.folder / "view.py"
        self(expression, setup)
        return self.session.run(f"epython {program}").partition("@@")[0]


@pytest.fixture(scope="session")
def testmod(truth: Truth) -> TestmodTruth:
    if not (truth.folder / RECORD).exists():
        pytest.skip("the module is left out of the vmcore of this kernel")
    return TestmodTruth(truth.text(RECORD))


@pytest.fixture(scope="session")
def with_debuginfo(variant: Variant, vmcore: Vmcore, testmod: TestmodTruth) -> Iterator[CrashSession]:
    """A crash in which the module's debuginfo is loaded."""
    file = vmcore.truth.parent / "modules/mpyk_testmod.ko"
    with CrashSession(variant, vmcore) as session:
        output = session.run(f"mod -s mpyk_testmod {file}")
        assert str(file) in output, output
        yield session


# Not of the session's scope: tests are grouped by variant then, and each crash is started once.
@pytest.fixture(params=VIEWS)
def view_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def view(
    view_name: str, crash_session: CrashSession, with_debuginfo: CrashSession, testmod: TestmodTruth, tmp_path: Path
) -> View:
    debuginfo, source = VIEWS[view_name]
    return View(with_debuginfo if debuginfo else crash_session, debuginfo, source, testmod, tmp_path)


@pytest.fixture
def bare(crash_session: CrashSession, testmod: TestmodTruth, tmp_path: Path) -> View:
    """The view without debuginfo alone."""
    return View(crash_session, False, "auto", testmod, tmp_path)


@pytest.fixture
def both(
    crash_session: CrashSession, with_debuginfo: CrashSession, testmod: TestmodTruth, tmp_path: Path
) -> Callable[[str], tuple[Any, Any]]:
    """``both(expression)``: its values without and with the module's debuginfo."""
    sessions = ((crash_session, False), (with_debuginfo, True))
    views = [View(session, debuginfo, "auto", testmod, tmp_path) for session, debuginfo in sessions]
    return lambda expression: (views[0](expression), views[1](expression))
