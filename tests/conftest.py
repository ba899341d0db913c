# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for tests inside crash. `./sconsw test` names a file with the built files in $MPYK_TEST_CONFIG."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from mpykbuild.vmcore.scenarios import LIVE
from support import crash_copies
from support.projectcopy import ProjectCopy
from support.session import CrashSession, Result, Variant, Vmcore
from support.session import run_crash as run_in_crash
from support.truth import Truth, load

CONFIG = "MPYK_TEST_CONFIG"
# Commands must survive each kind of dump, so the tests in this folder are marked unless they have an own mark.
ON_EACH_DUMP = {Path(__file__).parent / "vmcore/commands": pytest.mark.dumps.mark}
# Only the default variant runs all tests; each other variant runs one in so many of some kinds. Commands depend little
# on the crash and the Python. A test that is marked `long` takes as long as a hundred others. The sources choose which
# tests they are, so that each has its turn. `./sconsw test-matrix` runs all of them for each pair.
SAMPLED_COMMANDS, SAMPLED_LONG = 8, 3
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
    marker = metafunc.definition.get_closest_marker("dumps") or ON_EACH_DUMP.get(metafunc.definition.path.parent)
    if marker and "vmcore" in metafunc.fixturenames and config():
        metafunc.parametrize("vmcore", dumps(marker.args), indirect=True, scope="session")


def default_dump() -> str:
    """Return the name of the default dump, such as ``6.12-live``."""
    return next(iter(config().get("dumps", {})), "")


def dumps(scenarios: Collection[str]) -> list[Any]:
    """Return the names of the dumps of these scenarios (without any: of all) as values of the fixture ``vmcore``.

    They exist in this run. For a scenario without a dump there is a value that skips the test.
    """
    names = list(config().get("dumps", {}))
    found = [name for name in names if not scenarios or name.rpartition("-")[2] in scenarios]
    lacks = set(scenarios) - {name.rpartition("-")[2] for name in names}
    other_run = pytest.mark.skip(reason="this run has no such dump; ./sconsw test dumps=all has it")
    return [*found, *(pytest.param(None, marks=other_run, id=scenario) for scenario in sorted(lacks))]


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep tests that share one crash session in one worker of pytest-xdist.

    These are the tests of a file and a variant. Of another dump than the default one, they are all tests of that dump:
    starting crash takes longer than many tests. Only the default variant reads these dumps. The tests of the built copy
    of the project share a group too.
    """
    first = next((row.name for row in variants()), "")
    kept, others = [], []
    for item in items:
        values = getattr(getattr(item, "callspec", None), "params", {})
        variant, dump = values.get("variant"), values.get("vmcore") or ""
        is_default = dump in ("", default_dump())
        name = variant.name if variant else ""
        file = "built_copy" if "built_copy" in getattr(item, "fixturenames", ()) else item.path.stem
        group = [file if is_default else "", name, dump if not is_default else ""]
        item.add_marker(pytest.mark.xdist_group(" ".join(filter(None, group))))
        chosen = name in ("", first) or (is_default and _is_in_sample(item))
        (kept if chosen else others).append(item)
    items[:] = kept
    if others:
        config.hook.pytest_deselected(items=others)


def _is_in_sample(item: pytest.Item) -> bool:
    """Return whether a variant that is not the default one runs this test: by the test's name and the turn."""
    if item.path.parent in ON_EACH_DUMP:
        one_in = SAMPLED_COMMANDS
    else:
        one_in = SAMPLED_LONG if item.get_closest_marker("long") else 1
    number = zlib.crc32(item.nodeid.partition("[")[0].encode())
    return (number + config().get("turn", 0)) % one_in == 0


@pytest.fixture(scope="session", autouse=True)
def copies_of_crash() -> Iterator[None]:
    """Offer copies of the crash programs and the dumps of this run: most tests need no crash of their own."""
    native = [row.crash for row in variants() if not row.runner]
    folders = [config().get("vmcore", ""), *config().get("dumps", {}).values()]
    crash_copies.offer(native, [Path(folder) / "vmcore" for folder in folders])
    yield
    crash_copies.close_all()


@pytest.fixture(scope="session")
def configuration() -> dict[str, Any]:
    return config()


@pytest.fixture(scope="session")
def vmcore(request: pytest.FixtureRequest) -> Vmcore:
    """The default dump. Tests that are marked ``dumps`` run once for each dump of this run."""
    if not config():
        pytest.skip("needs ./sconsw test")
    name = getattr(request, "param", "")
    folder = Path(config()["dumps"][name] if name else config()["vmcore"])
    return Vmcore(folder / "vmlinux", folder / "vmcore", folder / "truth", name.rpartition("-")[2] or LIVE)


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
