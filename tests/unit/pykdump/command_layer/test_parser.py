# SPDX-License-Identifier: GPL-3.0-or-later
"""The parser of crash commands: errors of one line, numbers from 1 on."""

from __future__ import annotations

import argparse

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.command_layer.parser import CommandParser, name_pattern, positive_number  # noqa: E402


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("0042", 42), ("100000", 100000)])
def test_a_positive_number(text: str, number: int) -> None:
    assert positive_number(text) == number


@pytest.mark.parametrize("text", ["0", "-1", "", "x", "1.5", "0x10", " 1"])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not a number from 1 on"):
        positive_number(text)


def test_a_pattern() -> None:
    assert name_pattern("kmalloc-[0-9]+").fullmatch("kmalloc-64")
    with pytest.raises(argparse.ArgumentTypeError, match="is not a regular expression"):
        name_pattern("*")


def test_an_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    parser = CommandParser("show", "show: what it shows.")
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(["--nonsense"])
    assert ended.value.code == 3
    assert capsys.readouterr().err == "show: unrecognized arguments: --nonsense (try: show --help)\n"


@pytest.mark.parametrize(
    ("docstring", "shown"),
    [
        ("show: what it shows.", "what it shows.\n"),
        ("show: what it shows.\n\nA  long\n  text.", "\nA  long\n  text.\n"),
        (None, "-h, --help"),
    ],
)
def test_help_has_the_docstring(docstring: str | None, shown: str) -> None:
    text = CommandParser("show", docstring).format_help()
    assert text.startswith("usage: show [-h]\n")
    assert shown in text
