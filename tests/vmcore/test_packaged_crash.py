# SPDX-License-Identifier: GPL-3.0-or-later
"""A build for crash 8 in the crash 8 of the distribution, which is another binary than the one of the build."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mpykbuild.crash import audit as crash_audit
from mpykbuild.crash import requirements_section
from mpykbuild.crash import symbols as crash_symbols
from support.session import Variant, Vmcore, environment


@pytest.fixture
def packaged_crash(configuration: dict[str, str]) -> Path:
    """The machine's own crash, when it is of the major that the test is about."""
    path = configuration.get("packaged_crash", "")
    if not path:
        pytest.skip("the distribution's crash is not installed")
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    if "crash 8." not in version:
        pytest.skip("the distribution's crash is not of major 8")
    return Path(path)


@pytest.fixture
def run_packaged(variant: Variant, packaged_crash: Path, vmcore: Vmcore) -> Callable[[str], str]:
    """Run commands in it. It is older than the kernel: it can do --minimal only."""
    if not variant.crash_version.startswith("8."):
        pytest.skip("this extension is not for crash 8")
    command = [packaged_crash, "-s", *vmcore.options, *vmcore.minimal, vmcore.vmlinux, vmcore.vmcore]

    def run(commands: str) -> str:
        done = subprocess.run(
            command, input=commands, env=environment(), capture_output=True, text=True, timeout=180, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_it_loads_runs_and_unloads(run_packaged: Callable[[str], str], variant: Variant) -> None:
    program = "import re, sys, crash; print(6 * 7, hex(crash.sym2addr('jiffies')))"
    extension = variant.extension
    shown = run_packaged(f'extend {extension}\nepython -c "{program}"\nsym jiffies\nextend -u {extension}\nquit\n')
    assert f"{extension}: shared object loaded" in shown
    address = next(line.split()[0] for line in shown.splitlines() if line.endswith("jiffies"))
    assert f"42 0x{address}" in shown
    assert f"{extension}: shared object unloaded" in shown


def test_it_says_what_it_does_without(
    run_packaged: Callable[[str], str], variant: Variant, packaged_crash: Path
) -> None:
    """The report at run time agrees with what `audit` reads from the two files."""
    shown = run_packaged(f"extend {variant.extension}\nepython -V\nquit\n")
    needed, names = (
        requirements_section.read_requirements(variant.extension),
        crash_audit.exported_names(packaged_crash),
    )
    own = crash_symbols.symbols_for_gdb(needed.symbols, 0)
    running = next(line.split()[1].rstrip(",") for line in shown.splitlines() if line.startswith("crash "))
    assert ("this file was built for another release of crash\n" in shown) == (running not in needed.crashes)
    there = [row for row in own if row.name in names]
    assert f"from crash: {len(there)} of {len(own)} functions and variables are there\n" in shown
    for row in own:
        assert (
            f"  without {row.shown} (crash {row.since} has it): {row.fallback}; lost: {row.feature}\n" in shown
        ) == (row.name not in names)
    for row in needed.objects:
        line = f"struct {row.name}: {names[row.name]} bytes, {row.size} where this was built; the first {row.used} are"
        assert (line in shown) == (names[row.name] != row.size)
    assert crash_audit.audit_program(needed, packaged_crash).refusals == ()
