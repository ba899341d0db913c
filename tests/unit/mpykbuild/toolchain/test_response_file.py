# SPDX-License-Identifier: GPL-3.0-or-later
"""The compiler reads the words of a response file as they are."""

from __future__ import annotations

import subprocess
from pathlib import Path

from mpykbuild.toolchain import response_file


def test_the_compiler_finds_a_header_in_a_folder_with_blanks_and_quotes(tmp_path: Path) -> None:
    folder = tmp_path / """a  folder's "name" \\ here"""
    folder.mkdir()
    (folder / "found.h").write_text("int found;\n")
    words = ["-isystem", str(folder), '-DTEXT="two words"']
    (tmp_path / "flags.rsp").write_text(response_file.text_of(words))
    command = ["gcc", f"@{tmp_path}/flags.rsp", "-fsyntax-only", "-x", "c", "-"]
    source = "#include <found.h>\nconst char *text = TEXT;\n"
    subprocess.run(command, input=source, text=True, check=True)


def test_ordinary_words_stay_as_they_are() -> None:
    assert response_file.text_of(["-DX86_64", "-isystem", "/a/b"]) == "-DX86_64\n-isystem\n/a/b\n"
