# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that use names of the API without importing them."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.runtime import missing_names, runner  # noqa: E402

ROOT = Path(__file__).parents[4]


def names(source: str) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sorted(missing_names.missing_names(compile(source, "x.py", "exec", dont_inherit=True)))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("print(readSU('struct x', 1))", ["readSU"]),
        ("def f():\n    return [CDefine(x) for x in 'ab']\nclass C:\n    def m(self): return OptionParser", [
            "CDefine", "OptionParser",
        ]),
        ("class C:\n    size = PTR_SIZE\n    def m(self, a=hexl(1)): pass", ["PTR_SIZE", "hexl"]),
        ("try:\n    readmem(1, 2)\nexcept crash.error:\n    os._exit(1)", ["crash", "os", "readmem"]),
        # Defined, built in, of an object, or not of the API.
        ("import os, sys as time\nfrom x import stat\nos.time, time, stat", []),
        ("def readSU(): pass\nreadSU()\nclass SUInfo: pass\nSUInfo()", []),
        ("def f():\n    global long\n    long = int\ndef g(): return long(1)", []),
        ("def f(readSU): return readSU\ndef g():\n    re = 1\n    return lambda: re", []),
        ("x = object()\nx.readSU, x.os, x.stat\nprint(len(str(1)))", []),
        ("for string in 'ab':\n    print(string)\nwith open('x') as select: print(select)", []),
        ("class C:\n    time = 5\n    twice = time * 2", []),
        ("no_such_name()", []),
        ("print(__file__, __name__, __doc__)", []),
        ("from math import *\nprint(sin(1))", []),
        ("from pykdump.API import *\nreadSU", []),
        ("from pykdump import *\nreadSU", []),
        ("from LinuxDump import *\nreadSU", []),
        # More than 256 names, so that an argument has two bytes.
        ("\n".join(f"name{i} = {i}" for i in range(700)) + "\nreadSymbol('x')\nname5, os", ["os", "readSymbol"]),
    ],
)  # fmt: skip
def test_the_names_that_a_program_lacks(source: str, expected: list[str]) -> None:
    assert names(source) == expected


@pytest.mark.parametrize(
    ("source", "imported"),
    [
        ("import os, re, time\nclass C:\n    x = 1\nprint(os.getpid() > 0, re.compile('a').pattern, C().x)", False),
        ("from math import *\nprint(sin(0))", False),
        ("print(hexl(10))", True),
    ],
)
def test_other_programs_do_not_import_the_api(source: str, imported: bool) -> None:
    program = (
        "import sys; sys.path[:0] = sys.argv[1:3]\nfrom support import fake_crash; fake_crash.install()\n"
        f"from pykdump.runtime import runner\nassert runner.main('string', [{source!r}]) == 0\n"
        "print('pykdump.API' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(ROOT), str(ROOT / "tests")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1:] == [str(imported)], done.stderr


def test_a_program_runs_with_the_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bare.py"
    path.write_text("parser = OptionParser()\nprint(hexl(long(16)), parser.parse_args([])[1])\n")
    assert runner.main("program", [str(path)]) == 0
    assert capsys.readouterr().out == "0x10 []\n"


@pytest.mark.parametrize(
    "source",
    [
        "from pykdump import *\nprint(readSU.__name__ != '', type(pylog).__name__, CU_LIVE)",
        "from pykdump import readSU, pylog, CU_LIVE\nfrom pykdump.pylog import pylog\n"
        "print(readSU.__name__ != '', type(pylog).__name__, CU_LIVE)",
    ],
)
def test_the_package_gives_the_api(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main("string", [source]) == 0
    assert capsys.readouterr().out == "True PyLog 1\n"


def test_the_package_has_no_other_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main("string", ["from pykdump import lists, c_constants\nprint(lists.__name__)"]) == 0
    assert capsys.readouterr().out == "pykdump.lists\n"
    assert runner.main("string", ["from pykdump import nonesuch"]) == 1
    assert "cannot import name 'nonesuch' from 'pykdump'" in capsys.readouterr().err
