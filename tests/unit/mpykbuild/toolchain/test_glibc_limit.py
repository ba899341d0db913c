# SPDX-License-Identifier: GPL-3.0-or-later
"""glibc_max=: the check of a linked file, and the error if the file needs a later glibc."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.toolchain import glibc_limit

# A function that is new in glibc 2.34, so it has no older version.
LATE = "extern int close_range(unsigned, unsigned, int);\nint {name}(void) {{ return close_range(9, 9, 0); }}\n"
# A function that all versions of glibc have.
EARLY = '#include <stdlib.h>\nint early(void) { return abs(atoi("1")); }\n'


@pytest.fixture
def linked(tmp_path: Path) -> tuple[Path, list[Path]]:
    """A library, and the object and the archive from which it is linked. Both use close_range()."""
    sources = {"one": LATE.format(name="one"), "two": LATE.format(name="two"), "three": EARLY}
    for name, text in sources.items():
        (tmp_path / f"{name}.c").write_text(text)
        subprocess.run(["gcc", "-fPIC", "-c", f"{name}.c", "-o", f"{name}.o"], cwd=tmp_path, check=True)
    subprocess.run(["ar", "rcs", "libboth.a", "two.o", "three.o"], cwd=tmp_path, check=True)
    archive = ["-Wl,--whole-archive", "libboth.a", "-Wl,--no-whole-archive"]
    subprocess.run(["gcc", "-shared", "one.o", *archive, "-o", "x.so"], cwd=tmp_path, check=True)
    return tmp_path / "x.so", [tmp_path / "one.o", tmp_path / "libboth.a"]


def test_each_function_with_its_version_and_its_users(linked: tuple[Path, list[Path]]) -> None:
    path, files = linked
    with pytest.raises(BuildError) as raised:
        glibc_limit.check_limit(path, (2, 28), files)
    text = str(raised.value)
    assert text.startswith("x.so needs glibc 2.34, but glibc_max=2.28:\n")
    assert "  - close_range of glibc 2.34, used by one.o, libboth.a(two.o)\n" in text
    assert "three.o" not in text
    assert "atoi" not in text
    assert "sysroot=DIR" in text


def test_a_file_within_the_limit_is_accepted(linked: tuple[Path, list[Path]]) -> None:
    path, files = linked
    glibc_limit.check_limit(path, (2, 34), files)
    glibc_limit.check_limit(path, None, files)


def test_versions_are_compared_as_numbers(linked: tuple[Path, list[Path]]) -> None:
    with pytest.raises(BuildError, match=r"glibc_max=2\.4:"):
        glibc_limit.check_limit(linked[0], (2, 4), linked[1])


@pytest.mark.parametrize("value", ["2", "new", "2.x", "GLIBC", "2.28-1"])
def test_value_that_is_not_a_version(value: str) -> None:
    with pytest.raises(BuildError, match=f"glibc_max={value} is not a version"):
        glibc_limit.parse_limit(value)


def test_no_limit() -> None:
    assert glibc_limit.parse_limit("") is None
    assert glibc_limit.parse_limit("2.28") == (2, 28)
