# SPDX-License-Identifier: GPL-3.0-or-later
"""Old names of modules and functions, each tried in an interpreter of its own."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.runtime import aliases  # noqa: E402

ROOT = Path(__file__).parents[4]
START = (
    "import sys; sys.path[:0] = sys.argv[1:3]\n"
    "from support import fake_crash; fake_crash.install()\n"
    "from pykdump.runtime import aliases; aliases.install()\n"
    "from importlib import import_module\n"
)
# TASK_STATE is read from the dump by "import *".
NO_DUMP = "import pykdump.linux.tasks\npykdump.linux.tasks.TASK_STATE = None\n"


def output_of(program: str, root: Path = ROOT) -> str:
    """Standard output of ``program``, which finds the package in ``root``; nothing is imported before it."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", START + program, str(root), str(ROOT / "tests")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_old_module_is_the_new_one() -> None:
    different = "[old for old, new in aliases.MODULES.items() if import_module(old) is not import_module(new)]"
    assert output_of(f"print({different})") == "[]\n"


def test_an_old_name_may_come_first_or_last() -> None:
    assert output_of("import pykdump.generic, pykdump.compat_helpers as new; print(pykdump.generic is new)") == "True\n"
    assert output_of("import pykdump.compat_helpers as new; from pykdump import generic; print(generic is new)") == (
        "True\n"
    )


def test_every_module_that_was_renamed_has_its_old_name() -> None:
    """The names of version 4.0, and those that an import from the package LinuxDump.inet asks for."""
    old = (
        "attributes background classic cmdline defines generic kernel knobs modules output words linux.crashcolor"
        " linux.crashhelper linux.inet.neighbour linux.inet.proto linux.libmisc linux.taskreport"
    )
    assert {f"pykdump.{name}" for name in old.split()} == {name for name in aliases.MODULES if name[0] == "p"}


@pytest.mark.parametrize(
    ("statement", "value"),
    [
        ("from pykdump.generic import Bunch, TrueOnce as name", "pykdump.compat_helpers"),
        ("from pykdump.knobs import registerModuleAttr as name", "pykdump.debug_settings"),
        ("from pykdump.words import ALIGN as name", "pykdump.c_integers"),
        ("from pykdump.defines import CDefine as name", "pykdump.c_constants"),
        ("from pykdump.linux.inet.proto import IP_sock as name", "pykdump.linux.inet.sockets"),
        ("from LinuxDump.inet.proto import IP_sock as name", "pykdump.linux.inet.sockets"),
        ("from LinuxDump.libmisc import get_per_cpu as name", "pykdump.legacy.misc_helpers"),
        ("from LinuxDump.Tasks import TaskTable as name", "pykdump.linux.tasks"),
        ("from crashcolor import set_color as name", "pykdump.legacy.terminal_colors"),
        ("from pykdump.Generic import SUInfo as name", "pykdump.structinfo"),
    ],
)
def test_old_spellings(statement: str, value: str) -> None:
    assert output_of(f"{statement}\nprint(name.__module__)") == f"{value}\n"


@pytest.mark.parametrize("module", sorted(aliases.MOVED_FUNCTIONS))
def test_functions_that_moved_are_where_programs_import_them(module: str) -> None:
    names = [name for group in aliases.MOVED_FUNCTIONS[module].values() for name in group]
    program = f"{NO_DUMP}from {module} import {', '.join(names)}\nfound = [{', '.join(names)}]\n"
    program += f"print([n for n in {list(aliases.MOVED_FUNCTIONS[module])} if n in sys.modules and 'legacy' in n])\n"
    program += f"given = {{}}\nexec('from {module} import *', given)\nprint(found == [given[name] for name in {names}])"
    assert output_of(program) == "[]\nTrue\n"


def test_a_moved_function_does_its_work() -> None:
    program = "from LinuxDump.BTstack import *\nstacks = parse_bt('')\nbt_summarize(stacks)\n"
    program += "from pykdump.knobs import require_cmod_version\nrequire_cmod_version('0.0.0')\nprint('done')"
    assert output_of(program) == "done\n"


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    """The package in a zip, as it is in the extension."""
    path = tmp_path / "bundle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted((ROOT / "pykdump").rglob("*.py")):
            archive.write(file, file.relative_to(ROOT))
    return path


def test_old_names_work_from_a_zip(zipped: Path) -> None:
    program = "import LinuxDump.Tasks as tasks, inspect\n"
    program += "print(tasks.__name__, tasks.__file__, tasks.__spec__.loader.get_source(tasks.__name__)[:6])\n"
    program += f"{NO_DUMP}from pykdump.linux.tasks import *\nprint(tasksSummary.__module__)"
    assert output_of(program, zipped) == (
        f"pykdump.linux.tasks {zipped}/pykdump/linux/tasks.py # SPDX\npykdump.legacy.task_reports\n"
    )


def test_a_module_that_does_not_exist_is_named() -> None:
    program = "try:\n    import LinuxDump.nosuch\nexcept ImportError as problem:\n    print(problem.name)"
    assert output_of(program) == "LinuxDump.nosuch\n"


def test_a_second_install_changes_nothing() -> None:
    assert output_of("before = list(sys.meta_path); aliases.install(); print(sys.meta_path == before)") == "True\n"
