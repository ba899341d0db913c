# SPDX-License-Identifier: GPL-3.0-or-later
"""Find an installed or unpacked Python in a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.python import find_prebuilt
from support.fakepython import MINOR, VERSION, write

NAME = f"python{MINOR}"


def debian(root: Path, name: str = NAME, version: str = VERSION) -> Path:
    """Lay out a folder as Debian's packages unpack."""
    write(
        root / "usr",
        {
            f"include/{name}/patchlevel.h": f'#define PY_VERSION "{version}"\n',
            f"include/{name}/Python.h": "",
            f"include/{name}/pyconfig.h": "#error a switch\n",
            f"include/some-linux-gnu/{name}/pyconfig.h": "",
            f"lib/{name}/os.py": "",
            f"lib/{name}/json/__init__.py": "",
            f"lib/{name}/test/test_os.py": "",
            f"lib/{name}/config-{MINOR}-some-linux-gnu/lib{name}.a": "absolute",
            f"lib/{name}/config-{MINOR}-some-linux-gnu/lib{name}-pic.a": "independent",
            f"lib/{name}/config-{MINOR}-some-linux-gnu/python-config.py": "",
        },
    )
    return root


def test_debian_packages_unpacked_anywhere(tmp_path: Path) -> None:
    found = find_prebuilt.find_prebuilt_python(debian(tmp_path))
    assert (found.version, found.minor, found.own) == (VERSION, MINOR, False)
    # The library that can be part of a shared object is preferred.
    assert found.archive.read_text() == "independent"
    assert found.pyconfig.parent.parent.name == "some-linux-gnu"
    assert [path.as_posix() for path in find_prebuilt.stdlib_files(found.lib)] == ["json/__init__.py", "os.py"]


def test_an_installation_prefix(tmp_path: Path) -> None:
    debian(tmp_path)
    shutil.rmtree(tmp_path / "usr" / "include" / "some-linux-gnu")
    found = find_prebuilt.find_prebuilt_python(tmp_path / "usr")
    assert found.pyconfig == tmp_path / "usr" / "include" / NAME / "pyconfig.h"


def test_a_product_of_ours(tmp_path: Path) -> None:
    write(tmp_path, {"lib/libpython.a": "", "include/patchlevel.h": f'#define PY_VERSION "{VERSION}"\n'})
    found = find_prebuilt.find_prebuilt_python(tmp_path)
    assert found.own
    assert found.lib == tmp_path / "lib" / NAME


def test_the_error_lists_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="there is no such folder"):
        find_prebuilt.find_prebuilt_python(tmp_path / "absent")
    with pytest.raises(BuildError, match=r"no include/python3\.N"):
        find_prebuilt.find_prebuilt_python(tmp_path)
    shutil.rmtree(debian(tmp_path) / "usr" / "lib")
    with pytest.raises(BuildError) as caught:
        find_prebuilt.find_prebuilt_python(tmp_path)
    assert f"there is no lib{NAME}.a" in caught.value.what
    assert f"there is no {NAME}/os.py" in caught.value.what
    assert f"libpython{MINOR}-dev".replace(MINOR, "3.N") in caught.value.next_step


def test_two_pythons_in_one_folder_are_too_many(tmp_path: Path) -> None:
    debian(debian(tmp_path), "python3.1", "3.1.1")
    with pytest.raises(BuildError, match=f"more than one Python: 3.1.1, {VERSION}"):
        find_prebuilt.find_prebuilt_python(tmp_path)


def test_each_used_file_changes_the_key(tmp_path: Path) -> None:
    found = find_prebuilt.find_prebuilt_python(debian(tmp_path))
    keys = {find_prebuilt.prebuilt_key(found)}
    for changed in (found.archive, found.pyconfig, found.lib / "os.py", found.headers / "Python.h"):
        changed.write_text("changed\n")
        keys.add(find_prebuilt.prebuilt_key(found))
    (found.lib / "test" / "test_os.py").write_text("not taken\n")
    keys.add(find_prebuilt.prebuilt_key(found))
    assert len(keys) == 5


def test_only_the_prefix_asks_for_a_prebuilt_python() -> None:
    assert find_prebuilt.requested_prebuilt("prebuilt:/opt/python") == "/opt/python"
    assert find_prebuilt.requested_prebuilt(MINOR) == ""
