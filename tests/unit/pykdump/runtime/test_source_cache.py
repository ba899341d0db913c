# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiled code is kept: the compiler's warnings are shown once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.runtime import runner, source_cache  # noqa: E402


def test_the_same_text_is_compiled_once() -> None:
    first = source_cache.code_of(b"x = 1", "/a.py")
    assert source_cache.code_of(b"x = 1", "/a.py") is first
    assert source_cache.code_of(b"x = 1", "/b.py") is not first
    assert source_cache.code_of(b"x = 2", "/a.py") is not first
    with pytest.raises(SyntaxError):
        source_cache.code_of(b"x =", "/a.py")


@pytest.mark.filterwarnings("always")
def test_warnings_of_the_compiler_are_shown_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, module = tmp_path / "prog.py", tmp_path / "beside_prog.py"
    path.write_text("import beside_prog\npattern = '\\d'\nprint('ran', beside_prog.pattern)\n")
    module.write_text("pattern = '\\w'\n")
    with pytest.warns(Warning, match="escape") as caught:
        assert [runner.main("program", [str(path)]) for _ in range(3)] == [0, 0, 0]
    shown = [str(warning.filename) for warning in caught if "escape" in str(warning.message)]
    assert sorted(shown) == sorted([str(path), str(module)])
    assert capsys.readouterr().out == "ran \\w\n" * 3
    assert "beside_prog" not in sys.modules
    with pytest.warns(Warning, match="escape"):
        path.write_text(path.read_text() + "# edited\n")
        assert runner.main("program", [str(path)]) == 0
