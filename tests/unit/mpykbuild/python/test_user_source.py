# SPDX-License-Identifier: GPL-3.0-or-later
"""python=DIR and python=TARBALL."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.python import user_source
from support.fakepython import VERSION, make_source, write


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def packed(tmp_path: Path, name: str = "python.tar.gz") -> Path:
    source = make_source(tmp_path / "packed" / f"Python-{VERSION}")
    with tarfile.open(tmp_path / name, "w:gz") as archive:
        archive.add(source, source.name)
    return tmp_path / name


def test_the_key_of_a_folder_depends_on_the_files_that_the_build_reads(tmp_path: Path) -> None:
    one, two = make_source(tmp_path / "one"), make_source(tmp_path / "two")
    first = user_source.user_source(one, tmp_path)
    assert first.version == VERSION
    write(one, {"Makefile": "", "x.o": "", "Doc/a.rst": "", "Lib/__pycache__/os.pyc": "", "build/x": "", ".git/x": ""})
    assert user_source.user_source(one, tmp_path).key == first.key == user_source.user_source(two, tmp_path).key
    write(two, {"Tools/build/needed.py": ""})
    assert user_source.user_source(two, tmp_path).key != first.key
    write(one, {"Lib/os.py": "import abc"})
    assert user_source.user_source(one, tmp_path).key != first.key


def test_a_folder_is_copied_without_leftovers_of_other_builds(tmp_path: Path) -> None:
    source = make_source(tmp_path / "src")
    wanted = files_in(source) - {"Lib/test/__init__.py", "Lib/test/test_json.py"}
    write(source, {"pyconfig.h": "old", "Python/frozen_modules/os.h": "old", "Modules/Setup.local": "old"})
    before = files_in(source)
    user_source.user_source(source, tmp_path).fill(tmp_path / "copy")
    assert files_in(tmp_path / "copy") == wanted
    assert files_in(source) == before


def test_a_tarball_is_known_by_its_content_and_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed(tmp_path)
    found = user_source.user_source(archive, tmp_path / "cache")
    assert found.version == VERSION
    found.fill(tmp_path / "out")
    assert (tmp_path / "out" / f"Python-{VERSION}" / "configure").is_file()

    def never(path: Path) -> str:
        raise AssertionError(path)

    monkeypatch.setattr(user_source, "_version_in_tarball", never)
    moved = archive.rename(tmp_path / "other-name.tar.gz")
    assert user_source.user_source(moved, tmp_path / "cache").key == found.key


def test_names_that_leave_the_folder_are_refused(tmp_path: Path) -> None:
    archive = packed(tmp_path)
    (tmp_path / "evil").write_text("")
    with tarfile.open(tmp_path / "evil.tar", "w") as evil:
        evil.add(make_source(tmp_path / "e") / "Include" / "patchlevel.h", "p/Include/patchlevel.h")
        evil.add(tmp_path / "evil", "p/../../evil")
    assert archive.is_file()
    source = user_source.user_source(tmp_path / "evil.tar", tmp_path)
    with pytest.raises(BuildError, match="would be written outside"):
        source.fill(tmp_path / "out")


@pytest.mark.parametrize("kind", ["nothing", "empty folder", "text", "foreign tarball"])
def test_other_files_are_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "given"
    if kind == "empty folder":
        path.mkdir()
    elif kind == "text":
        path.write_text("hello")
    elif kind == "foreign tarball":
        with tarfile.open(path, "w") as archive:
            archive.add(__file__, "x/y.py")
    with pytest.raises(BuildError, match=str(path)) as caught:
        user_source.user_source(path, tmp_path)
    assert caught.value.next_step


def test_a_patchlevel_without_a_version(tmp_path: Path) -> None:
    source = make_source(tmp_path / "src")
    (source / "Include" / "patchlevel.h").write_text("")
    with pytest.raises(BuildError, match="does not define the version"):
        user_source.user_source(source, tmp_path)
