# SPDX-License-Identifier: GPL-3.0-or-later
"""Compiled files: the bytes do not depend on order and environment, and tracebacks show the given names."""

from __future__ import annotations

import marshal
import subprocess
import sys
import types
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.python import byte_compile
from mpykbuild.python.byte_compile import Job, compile_all

PYTHON = Path(sys.executable)
# marshal may write different bytes for names in several files, for sets, and for nested functions.
TEXTS = {
    "a.py": "shared = {'x', 'y', 'shared'}\ndef f(shared):\n    return shared in {'p', 'q', 'shared', 'other'}\n",
    "b.py": "class C:\n    shared = ('shared', 'other', 1.5, 'shared')\n    other = lambda self: self.shared\n",
    "c.py": '"""Text."""\nimport os\nother = [os.path.join(shared) for shared in "abc"]\n',
}


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    for name, text in TEXTS.items():
        (tmp_path / name).write_text(text)
    return [Job(tmp_path / name, f"<mpykdump>/{name}") for name in TEXTS]


def test_order_and_number_of_workers_do_not_matter(jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    first = compile_all(PYTHON, jobs, workers=1)
    monkeypatch.setenv("PYTHONHASHSEED", "77")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert compile_all(PYTHON, jobs[::-1], workers=1)[::-1] == first
    assert compile_all(PYTHON, jobs, workers=3) == first


def test_the_file_says_unchecked_hash_and_shows_the_name_given(jobs: list[Job]) -> None:
    data = compile_all(PYTHON, jobs)[0]
    assert int.from_bytes(data[4:8], "little") == 1
    code = marshal.loads(data[16:])
    assert isinstance(code, types.CodeType)
    assert code.co_filename == "<mpykdump>/a.py"
    assert str(jobs[0].source.parent).encode() not in data


def test_all_files_that_do_not_compile_are_named(jobs: list[Job]) -> None:
    for job in jobs[:2]:
        job.source.write_text("def (\n")
    with pytest.raises(BuildError) as caught:
        compile_all(PYTHON, jobs, workers=1)
    assert all(str(job.source) in caught.value.what for job in jobs[:2])
    assert str(jobs[2].source) not in caught.value.what


def test_an_interpreter_that_fails_is_an_error(jobs: list[Job]) -> None:
    with pytest.raises(BuildError, match="status 1"):
        compile_all(Path("/bin/false"), jobs)


def test_compiled_files_of_the_stdlib_are_not_used(jobs: list[Job], tmp_path: Path) -> None:
    report = tmp_path / "flags"
    jobs[0].source.write_text("")
    question = f"import sys; print(sys.pycache_prefix, sys.dont_write_bytecode, file=open({str(report)!r}, 'w'))"
    subprocess.run([PYTHON, *byte_compile.FLAGS, "-c", question], env=byte_compile.ENVIRONMENT, check=True)
    prefix, writes_nothing = report.read_text().split()
    assert not Path(prefix).exists()
    assert writes_nothing == "True"


def test_the_worker_imports_few_modules() -> None:
    """The modules that it imports change the marks that marshal writes."""
    command = [PYTHON, *byte_compile.FLAGS, "-X", "importtime", byte_compile.WORKER]
    report = subprocess.run(
        command, env=byte_compile.ENVIRONMENT, check=True, text=True, capture_output=True, stdin=subprocess.DEVNULL
    ).stderr
    imported = {line.rpartition("|")[2].strip() for line in report.splitlines()}
    assert "importlib.util" in imported
    assert not {"json", "pathlib", "re", "typing"} & imported


def test_no_files_give_no_results() -> None:
    assert byte_compile.compile_all(PYTHON, []) == []
