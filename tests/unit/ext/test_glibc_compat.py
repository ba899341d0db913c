# SPDX-License-Identifier: GPL-3.0-or-later
"""The functions that replace later ones of the C library, beside the C library's own and as if there were none."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from mpykbuild.base.paths import PROJECT

SOURCE = PROJECT / "ext" / "glibc_compat.c"
TRY = PROJECT / "tests" / "fixtures" / "glibc_compat" / "try.c"
CFLAGS = ("-O2", "-std=gnu11", "-D_GNU_SOURCE", "-fvisibility=hidden", "-Wall", "-Wextra")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that tries them, in which they come before the C library's."""
    folder = tmp_path_factory.mktemp("compat")
    asked = ["-Dsyscall=asked_of_kernel", "-Ddlsym=asked_of_library"]
    subprocess.run(["gcc", *CFLAGS, *asked, "-c", str(SOURCE), "-o", str(folder / "compat.o")], check=True)
    stub = folder / "throw.c"
    stub.write_text("#include <stdlib.h>\nvoid _ZSt17__throw_bad_allocv(void) { abort(); }\n")
    command = ["gcc", *CFLAGS, str(TRY), str(stub), str(folder / "compat.o")]
    subprocess.run([*command, "-o", str(folder / "try"), "-ldl", "-lpthread"], check=True)
    return folder / "try"


@pytest.mark.parametrize("age", ["new", "old"])
def test_they_do_what_the_c_library_does(program: Path, tmp_path: Path, age: str) -> None:
    done = subprocess.run([program, tmp_path, age], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.returncode) == ("0 differ\n", 0)


def test_the_program_tries_ours(program: Path) -> None:
    shown = subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout
    defined = set(re.findall(r" [tT] (\w+)$", shown, re.MULTILINE))
    assert defined >= {"stat", "fstat64", "closefrom", "sem_clockwait", "preadv64v2", "fcntl64", "getrandom", "statx"}
