# SPDX-License-Identifier: GPL-3.0-or-later
"""The format of stdlib.lst, and the files that its lines name."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.python.stdlib_list import StdlibList, read_stdlib_list
from support.fakepython import make_source, write


def parsed(tmp_path: Path, text: str) -> StdlibList:
    path = tmp_path / "stdlib.lst"
    path.write_text(text)
    return read_stdlib_list(path)


def test_all_kinds_of_lines(tmp_path: Path) -> None:
    found = parsed(tmp_path, "a b # two\n\np: x y.z\n[omitted]\nq r: why\n[absent]\ns: that\nt?: now and then\n")
    assert found.whole == {"a", "b"}
    assert found.parts == {"p": ("x", "y.z")}
    assert found.omitted == {"q": "why", "r": "why"}
    assert found.absent == {"s": "that", "t": "now and then"}
    assert found.sometimes_imported == {"t"}
    assert found.top_level() == {"a", "b", "p"}


def test_the_error_has_the_number_of_each_bad_line(tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        parsed(tmp_path, "a\n[omitted]\nno reason\n[elsewhere]\n")
    assert "line 3: 'no reason' lacks a reason" in caught.value.what
    assert "line 4: the section [elsewhere]" in caught.value.what


def test_names_become_sorted_files(tmp_path: Path) -> None:
    lib = make_source(tmp_path / "src") / "Lib"
    write(lib, {"json/tests/x.py": "", "json/__pycache__/y.py": "", "deep/a/__init__.py": "", "deep/a/b.py": ""})
    write(lib, {"deep/__init__.py": "", "deep/c.py": ""})
    files, missing = parsed(tmp_path, "os json gone\ndeep: a a.b d\n").resolve(lib)
    names = [path.as_posix() for path in files]
    assert names == sorted(names)
    assert set(names) == {
        "os.py", "json/__init__.py", "json/decoder.py", "json/tool.py", "deep/__init__.py", "deep/a/__init__.py",
        "deep/a/b.py",
    }  # fmt: skip
    assert missing == ["gone", "deep.d"]
