# SPDX-License-Identifier: GPL-3.0-or-later
"""What the words after ``epython`` ask for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.runtime import command_line, runner  # noqa: E402
from pykdump.runtime.command_line import WrongUsage, parse  # noqa: E402

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize(
    ("line", "kind", "argv", "prompt_follows"),
    [
        ("", "prompt", [""], False),
        ("prog.py", "program", ["prog.py"], False),
        ("prog -a --long=5 b", "program", ["prog", "-a", "--long=5", "b"], False),
        ("prog -i -c -h -V", "program", ["prog", "-i", "-c", "-h", "-V"], False),
        ("-c code a -c", "string", ["code", "a", "-c"], False),
        ("-m module -x", "module", ["module", "-x"], False),
        ("-d 3 prog c -- d", "program", ["prog", "--debug", "3", "c", "--", "d"], False),
        ("-d 3 -c code", "string", ["code", "--debug", "3"], False),
        ("--debug 2 --maxel=5", "prompt", ["", "--debug", "2", "--maxel=5"], False),
        ("--debug 2 --reload prog x", "program", ["prog", "--debug", "2", "--reload", "x"], False),
        ("--experimental -c code", "string", ["code", "--experimental"], False),
        ("--timeout", "prompt", ["", "--timeout"], False),
        ("-i", "prompt", [""], True),
        ("-i --debug 2", "prompt", ["", "--debug", "2"], True),
        ("-i prog -c", "program", ["prog", "-c"], True),
        ("--debug 1 -i -m module a", "module", ["module", "--debug", "1", "a"], True),
        ("-h", "help", ["-h"], False),
        ("--help x", "help", ["--help", "x"], False),
        ("--ehelp", "help", ["--ehelp"], False),
        ("-V", "version", ["-V"], False),
        ("-v", "version", ["-v"], False),
        ("--version", "version", ["--version"], False),
    ],
)
def test_words(line: str, kind: str, argv: list[str], prompt_follows: bool) -> None:
    run = parse(line.split())
    prompt_follows = prompt_follows and kind != "prompt"
    assert (run.kind, run.argv, run.prompt_follows) == (kind, argv, prompt_follows)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-c", "-c needs code"),
        ("-m", "-m needs a module"),
        ("-i -c", "-c needs code"),
        ("-d 3", "-d needs a level and a program"),
        ("-x prog", "unknown option -x"),
        ("--nonsense", "unknown option --nonsense"),
        ("--reload=1 prog", "unknown option --reload=1"),
        ("-i -i prog", "-i is there twice"),
    ],
)
def test_a_wrong_line_is_one_sentence(line: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(WrongUsage, match=f"^{re.escape(message)}$"):
        parse(line.split())
    assert runner.main("command line", ["epython", *line.split()]) == 2
    assert capsys.readouterr().err == f"epython: {message}; try `epython -h`.\n"


def test_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert runner.main("command line", ["epython", "-h"]) == 0
    assert capsys.readouterr().out == command_line.usage_text()


def test_crashs_own_help_page_has_the_same_options() -> None:
    (entry,) = [path for path in (ROOT / "ext").rglob("*.c") if "epython_text[]" in path.read_text()]
    page = re.findall(r'"    (-\w|PROGRAM)\b', entry.read_text())
    usage = re.findall(r"^  (?:epython )?(-\w)\b", command_line.usage_text(), re.MULTILINE)
    assert sorted(page) == sorted(["PROGRAM", *usage])
