# SPDX-License-Identifier: GPL-3.0-or-later
"""pytest for the interpreters that we embed: it is fetched once, is pinned, and runs isolated."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import Finished
from mpykbuild.python import embedded_pytest

STAND_IN = """import sys
def main(words):
    print(sys.flags.isolated, sys.flags.no_site, *words)
    return 3
"""


def test_the_pinned_packages_choose_the_product(tmp_path: Path) -> None:
    pinned = tmp_path / "pinned.txt"
    pinned.write_text("pluggy==1.6.0\npytest==8.4.2 \\\n    --hash=sha256:00\n")
    first = embedded_pytest.pytest_product(tmp_path, pinned)
    assert first.name == "8.4.2"
    pinned.write_text(pinned.read_text().replace("1.6.0", "1.6.1"))
    assert embedded_pytest.pytest_product(tmp_path, pinned).key != first.key
    pinned.write_text("pytest\n")
    with pytest.raises(BuildError, match=r"pinned\.txt pins no pytest"):
        embedded_pytest.pytest_product(tmp_path, pinned)


def test_modules_in_the_cache_are_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def pip(command: list[str], **_: object) -> Finished:
        asked.append(command)
        return Finished(tuple(command), 0, "", "")

    monkeypatch.setattr(embedded_pytest, "run", pip)
    assert embedded_pytest.provide_pytest(tmp_path) == embedded_pytest.provide_pytest(tmp_path)
    assert len(asked) == 1
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(asked[0])


def test_the_error_shows_the_output_of_pip(tmp_path: Path) -> None:
    pinned = tmp_path / "pinned.txt"
    pinned.write_text("pytest==8.4.2\n")  # without a hash
    with pytest.raises(BuildError, match=r"(?s)pip could not install .*hash"):
        embedded_pytest.provide_pytest(tmp_path, pinned)
    assert not embedded_pytest.pytest_product(tmp_path, pinned).is_built()


def test_pytest_runs_isolated(tmp_path: Path) -> None:
    (tmp_path / "pytest.py").write_text(STAND_IN)
    command = embedded_pytest.pytest_command(Path(sys.executable), tmp_path, ["-q", "x.py"])
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("1 1 --noconftest -p no:cacheprovider -q x.py\n", 3)
