# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a product from a prebuilt Python. The stand-in for it runs the interpreter of the tests."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.python import adopt_prebuilt, find_prebuilt
from mpykbuild.toolchain import archive_graph
from support.fakegcc import compiled, recording_gcc
from support.fakeprebuilt import NAME, UNITS, make_prebuilt
from support.fakepython import VERSION, make_manifests, make_patches

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")


def adopted(tmp_path: Path, folder: Path, path: str | None = None) -> Path:
    manifests, patch_root = make_manifests(tmp_path / "manifests"), make_patches(tmp_path / "patches")
    python = find_prebuilt.find_prebuilt_python(folder)
    wanted = adopt_prebuilt.adopted_product(python, tmp_path / "cache", manifests=manifests, patch_root=patch_root)
    return adopt_prebuilt.adopt_python(wanted, python, path=path, manifests=manifests, patch_root=patch_root)


def test_the_product_has_the_shape_of_one_from_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = adopted(tmp_path, make_prebuilt(tmp_path / "python"))
    for name in ("lib/libpython.a", "include/Python.h", "include/pyconfig.h", "bin/python", f"lib/{NAME}/os.py"):
        assert (made / name).is_file(), name
    assert (made / "version.txt").read_text() == f"{VERSION}\n"
    assert (made / "builtin.txt").read_text().split() == ["_core", "posix"]
    message = (made / find_prebuilt.REPORT).read_text()
    assert message in capsys.readouterr().out
    assert "wanted, need foreign libraries: array (needs inflate)" in message
    assert "in the library, not wanted: _warnings, builtins, extra, marshal, sys" in message
    assert not (made / "work").exists()


def test_the_library_has_only_the_wanted_modules(tmp_path: Path) -> None:
    made = adopted(tmp_path, make_prebuilt(tmp_path / "python"))
    (tmp_path / "out").mkdir()
    subprocess.run(["ar", "x", str(made / "lib" / "libpython.a")], cwd=tmp_path / "out", check=True)
    members = archive_graph.read_members(tmp_path / "out", [path.name for path in (tmp_path / "out").iterdir()])
    table = [member for member in members.values() if "_PyImport_Inittab" in member.defines]
    assert len(table) == 1
    assert {name for name in table[0].needs if name.startswith("PyInit")} == {"PyInit_posix", "PyInit__core"}
    assert "array.o" not in members


def test_a_product_can_be_adopted_again(tmp_path: Path) -> None:
    first = adopted(tmp_path, make_prebuilt(tmp_path / "python"))
    again = adopted(tmp_path, first)
    assert again != first
    assert (again / "builtin.txt").read_text() == (first / "builtin.txt").read_text()


def test_a_function_that_the_c_library_lacks_is_named(tmp_path: Path) -> None:
    core = '#include "Python.h"\nint from_the_future(void);\nPyObject *PyInit_posix2(void) { return 0; }\n'
    core += "int needed(void) { return from_the_future(); }\n"
    main = UNITS["main"].replace("return execv", "extern int needed(void); needed(); return execv")
    with pytest.raises(BuildError, match=r"late\.o needs from_the_future"):
        adopted(tmp_path, make_prebuilt(tmp_path / "python", units={**UNITS, "main": main, "late": core}))


def test_a_library_that_is_not_position_independent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="cannot be linked into a shared object"):
        adopted(tmp_path, make_prebuilt(tmp_path / "python", flags="-fno-pic"))


def test_functions_of_a_newer_c_library_are_defined(tmp_path: Path) -> None:
    core = UNITS["core"] + (
        "extern long __isoc23_strtol(const char *, char **, int);\n"
        "extern int __isoc23_sscanf(const char *, const char *, ...);\n"
        'long ask(void) { int n = 0; __isoc23_sscanf("7", "%d", &n); return n + __isoc23_strtol("35", NULL, 10); }\n'
    )
    made = adopted(tmp_path, make_prebuilt(tmp_path / "python", units={**UNITS, "core": core}))
    (tmp_path / "ask.c").write_text("long ask(void);\nint main(void) { return (int)ask(); }\n")
    subprocess.run(["gcc", "ask.c", str(made / "lib" / "libpython.a"), "-o", "ask"], cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "ask"], check=False).returncode == 42


def test_the_compiler_on_the_path_compiles_everything(tmp_path: Path) -> None:
    python = make_prebuilt(tmp_path / "python")
    path = recording_gcc(tmp_path / "bin", tmp_path / "calls")
    adopted(tmp_path, python, path)
    sources = compiled(tmp_path / "calls")
    shims = [source.name for source in adopt_prebuilt.SHIMS.glob("*.c")]
    assert sorted(sources) == sorted(["main.c", "mpyk_config.c", *shims])
