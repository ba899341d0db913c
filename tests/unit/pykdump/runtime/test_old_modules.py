# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules of the classic: each one can be imported and gives the names that it gave."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.runtime import runner  # noqa: E402
from pykdump.runtime.old_modules import MissingName, NotInThisVersion  # noqa: E402

ROOT = Path(__file__).parents[4]
API_NAMES = ROOT / "tests/embedded/api_names.txt"
START = (
    "import sys; sys.path[:0] = sys.argv[1:3]\n"
    "from support import fake_crash; fake_crash.install()\n"
    "from pykdump.runtime import aliases; aliases.install()\n"
    "import pykdump.linux.tasks; pykdump.linux.tasks.TASK_STATE = None\n"  # it is read from the dump
)


def classic_names() -> dict[str, set[str]]:
    """{module of the classic: names that its star import gave}."""
    api = {line for line in API_NAMES.read_text().splitlines() if line and not line.startswith("#")}
    text = Path(__file__).with_name("classic_names.txt").read_text()
    rows: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("    "):
            rows[name] += line.split()
        elif not line.startswith("#"):
            name, words = line.split(":", 1)
            rows[name] = words.split()
    return {name: _with_sources(name, rows, api) for name in rows}


def _with_sources(name: str, rows: dict[str, list[str]], api: set[str]) -> set[str]:
    words, found = iter(rows[name]), set()
    for word in words:
        if word != "+":
            found.add(word)
            continue
        source = next(words)
        if source in rows:
            found |= _with_sources(source, rows, api)
        else:
            found |= {"pykdump.API": api, "stat": {"S_ISREG", "S_IFMT", "S_ISDIR"}, "pyparsing": set()}[source]
    return found


def output_of(program: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", START + program, str(ROOT), str(ROOT / "tests"), *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_module_gives_its_names() -> None:
    program = (
        "import json\nlacking = {}\nfor name, names in json.loads(sys.argv[3]).items():\n"
        "    given = {}\n    try:\n        exec(f'from {name} import *', given)\n"
        "    except ModuleNotFoundError as error:\n        assert error.name == 'pyparsing', name\n        continue\n"
        "    lost = sorted(set(names) - set(given))\n    if lost: lacking[name] = lost\nprint(lacking)\n"
    )
    import json

    names = {name: sorted(row) for name, row in classic_names().items()}
    assert len(names) > 50
    assert output_of(program, json.dumps(names)) == "{}\n"


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("from LinuxDump.fs.dcache import *; print(S_ISREG(0o100644))", "True"),
        ("from LinuxDump import Dev, syscall, scsi, kobjects, fregsapi; print(Dev.__name__)", "LinuxDump.Dev"),
        ("import LinuxDump.scsi.lpfc, LinuxDump.fs.fs_h as h; print(h.MS_FLAGS['MS_RDONLY'], h.MNT_FLAGS.MNT_SHARED)",
         "1 4096"),
        ("import LinuxDump.inet.summary, pykdump.ASCII_Art; from pykdump.wrapcrash import readSU; "
         "from pykdump.Misc import hexl; print(hexl(10))", "0xa"),
        ("from LinuxDump.BTstack import fastSubroutineStacks; print(fastSubroutineStacks.__name__)",
         "fastSubroutineStacks"),
        ("from LinuxDump.inet.proto import decodeSock, format_sockaddr_in, S_ISSOCK; print(S_ISSOCK(49152))", "True"),
        ("import pykdump.linux.tasks as t; print(hasattr(t, 'CDefine')); from LinuxDump.Tasks import CDefine; "
         "print(hasattr(t, 'nonesuch'))", "False\nFalse"),
        ("from LinuxDump.inet import routing; from LinuxDump.fs import dcache; "
         "print(routing.RTN[1], dcache.S_IFMT(0o100644))", "RTN_UNICAST 32768"),
        ("from LinuxDump.inet import routing as r; first = vars(r)['__getattr__']; "
         "import LinuxDump.inet.routing as again; "
         "print(again is r, vars(r)['__getattr__'] is first)", "True True"),
        ("from LinuxDump.Tasks import TASK_STATE, Task; print(TASK_STATE, Task.__name__)", "None Task"),
    ],
)  # fmt: skip
def test_an_import(statement: str, shown: str) -> None:
    assert output_of(statement).strip() == shown


def test_the_import_of_a_module_does_not_look_up_its_old_names() -> None:
    assert output_of("import LinuxDump.Analysis\nprint('LinuxDump.fregsapi' in sys.modules)") == "False\n"


def test_a_name_that_is_lacking_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "prog.py"
    path.write_text("from LinuxDump.CpuFreq import *\nprint('begun')\n\nprint_cpufreq()\n")
    assert runner.main("program", [str(path)]) == 1
    captured = capsys.readouterr()
    assert captured.out == "begun\n"
    assert captured.err == (
        f"epython: {path}, line 4: This version of PyKdump lacks print_cpufreq of the old module LinuxDump.CpuFreq.\n"
    )


def test_a_missing_name_fails_in_every_use() -> None:
    missing = MissingName("LinuxDump.Dev", "BlkDev")
    for use in (missing, lambda: missing.x, lambda: missing[0], lambda: list(missing), lambda: bool(missing),
                lambda: missing & 1, lambda: int(missing)):  # fmt: skip
        with pytest.raises(NotInThisVersion, match="lacks BlkDev of the old module"):
            use()
    with pytest.raises(NotInThisVersion):
        exec("class Sub(missing): pass", {"missing": missing})
    assert "BlkDev" in repr(missing)
