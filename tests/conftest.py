# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for tests inside crash. `./sconsw test` names a file with the built files in $MPYK_TEST_CONFIG."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from support.projectcopy import ProjectCopy
from support.session import CrashSession, Result, Variant, Vmcore
from support.session import run_crash as run_in_crash
from support.truth import Truth, load

CONFIG = "MPYK_TEST_CONFIG"
NO_BUILD = pytest.mark.skip(reason="needs ./sconsw test")


@cache
def config() -> dict[str, Any]:
    """Return the built files: {variants: [...], vmcore: ..., ...}. It is empty if sconsw did not start pytest."""
    path = os.environ.get(CONFIG)
    return json.loads(Path(path).read_text()) if path else {}


def variants() -> list[Variant]:
    return [
        Variant(
            row["name"],
            Path(row["extension"]),
            Path(row["crash"]),
            row["crash_version"],
            row["python"],
            tuple(row["built_for"]),
            tuple(Path(tree) for tree in row["trees"]),
            tuple(row["runner"]),
        )
        for row in config().get("variants", [])
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that takes a ``variant`` or an ``interpreter`` once for every built one."""
    if "variant" in metafunc.fixturenames:
        rows = variants() or [pytest.param(None, marks=NO_BUILD)]
        ids = [row.name for row in variants()] or ["no-build"]
        metafunc.parametrize("variant", rows, ids=ids, scope="session")
    if "interpreter" in metafunc.fixturenames:
        known = {row["interpreter"]: row["python"] for row in config().get("variants", [])}
        found = [pytest.param(Path(path), id=minor) for path, minor in known.items()]
        metafunc.parametrize("interpreter", found or [pytest.param(None, marks=NO_BUILD, id="no-build")])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file and a variant in one worker of pytest-xdist: they share one crash session."""
    for item in items:
        variant = getattr(getattr(item, "callspec", None), "params", {}).get("variant")
        group = f"{item.path.stem} {variant.name if variant else ''}".rstrip()
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def configuration() -> dict[str, Any]:
    return config()


@pytest.fixture(scope="session")
def vmcore() -> Vmcore:
    if not config():
        pytest.skip("needs ./sconsw test")
    folder = Path(config()["vmcore"])
    return Vmcore(folder / "vmlinux", folder / "vmcore", folder / "truth")


@pytest.fixture(scope="session")
def truth(vmcore: Vmcore) -> Truth:
    return load(vmcore.truth)


@pytest.fixture(scope="session")
def crash_session(variant: Variant, vmcore: Vmcore) -> Iterator[CrashSession]:
    """One crash for all tests of a variant. If a test makes it unusable, the next test fails, and it should."""
    with CrashSession(variant, vmcore) as session:
        yield session


@pytest.fixture
def run_crash(vmcore: Vmcore) -> Callable[..., Result]:
    """Start a new crash for some commands: ``run_crash(variant, commands, cwd=..., env=...) -> Result``."""

    def run(variant: Variant, commands: Sequence[str], **where: Any) -> Result:
        return run_in_crash(variant, vmcore, commands, **where)

    return run


@pytest.fixture(scope="session")
def built_copy(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    """A built copy of the project. Its folder and environment differ from ours, and that must not matter."""
    if not variants():
        pytest.skip("needs ./sconsw test")
    return ProjectCopy.build(tmp_path_factory.mktemp("elsewhere"), variants()[0])


@pytest.fixture(scope="session")
def drgn_program(vmcore: Vmcore) -> Any:
    """The same dump, opened by drgn. Tests compare our results with those of drgn."""
    import drgn  # unit tests run where drgn has no wheel

    program = drgn.Program()
    program.set_core_dump(str(vmcore.vmcore))
    program.load_debug_info([str(vmcore.vmlinux)])
    return program
