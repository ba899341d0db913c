# SPDX-License-Identifier: GPL-3.0-or-later
"""The names that ``from pykdump.API import *`` gives, and what its import may cost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support import fake_crash

fake_crash.install()

ROOT = Path(__file__).parents[3]

# Scripts use these, the standard modules without importing them themselves.
NAMES = [
    line
    for line in (Path(__file__).parents[2] / "embedded/api_names.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
HEAVY = ("argparse", "optparse", "pprint", "inspect", "typing", "dataclasses", "pathlib", "json", "ast")


def test_no_name_is_lost() -> None:
    given: dict[str, object] = {}
    exec("from pykdump.API import *", given)
    missing = [name for name in NAMES if name not in given]
    assert missing == []


def test_nothing_private_is_given() -> None:
    from pykdump import API

    public = {name for name in vars(API) if not name.startswith("_")} - {"annotations"}
    assert sorted(public - set(NAMES)) == []


def test_the_import_brings_in_no_heavy_module() -> None:
    program = (
        "import sys; sys.path[:0] = sys.argv[1:3]\n"
        "from support import fake_crash; before = set(sys.modules); fake_crash.install()\n"
        f"import pykdump.API; print(sorted(set({HEAVY!r}) & (set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(ROOT), str(ROOT / "tests")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "[]\n", done.stderr


def test_modules_of_the_standard_library_are_the_real_ones() -> None:
    from pykdump import API

    for name in ("atexit", "importlib", "os", "select", "stat", "sys", "time", "crash"):
        assert getattr(API, name) is sys.modules[name]
    for name, member in (
        ("argparse", "Namespace"),
        ("pprint", "pformat"),
        ("re", "compile"),
        ("string", "digits"),
        ("traceback", "format_exc"),
    ):
        assert getattr(getattr(API, name), member) is getattr(__import__(name), member)


def test_a_function_that_is_imported_late_is_the_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from pykdump import API, background_commands, kernel_modules

    late = {background_commands: ("exec_crash_command_bg", "exec_crash_command_bg2")}
    late[kernel_modules] = ("delModule", "loadModule", "lsModules", "possibleModuleNames")
    for module, names in late.items():
        for name in names:
            monkeypatch.setattr(module, name, lambda *args, name=name: (name, args))
            assert getattr(API, name)(1, 2) == (name, (1, 2))
