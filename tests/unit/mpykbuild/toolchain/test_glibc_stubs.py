# SPDX-License-Identifier: GPL-3.0-or-later
"""Stubs of the C library: the choice of versions from made-up tables, and a link with stubs of this machine's libc."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.toolchain import glibc_limit, glibc_stubs
from mpykbuild.toolchain.glibc_stubs import VersionedSymbol


def versions(name: str, *numbers: tuple[int, ...]) -> dict[tuple[int, ...], VersionedSymbol]:
    return {number: VersionedSymbol(name, number, "STT_FUNC", 4) for number in numbers}


@pytest.mark.parametrize(
    ("limit", "expected"),
    [((2, 17), (2, 14)), ((2, 14), (2, 14)), ((2, 5), (2, 2, 5)), ((2, 40), (2, 33)), ((2, 1), (2, 2, 5))],
)
def test_newest_up_to_the_limit_else_the_oldest(limit: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert glibc_stubs.choose_version(versions("f", (2, 2, 5), (2, 14), (2, 33)), limit).version == expected


def test_an_old_version_is_in_the_library_that_had_it_then() -> None:
    main = {name: versions(name, (2, 2, 5), (2, 34)) for name in ("dlopen", "pthread_create")}
    main["sem_clockwait"] = versions("sem_clockwait", (2, 34))
    main["read"] = versions("read", (2, 2, 5))
    planned = glibc_stubs.plan_stubs(
        {"libc.so.6": main, "libpthread.so.0": {"read": versions("read", (2, 2, 5))}}, (2, 17)
    )
    homes = {row.name: library for library, rows in planned.items() for row in rows}
    assert homes == {
        "dlopen": "libdl.so.2", "pthread_create": "libpthread.so.0", "read": "libc.so.6", "sem_clockwait": "libc.so.6"
    }  # fmt: skip
    newest = glibc_stubs.plan_stubs({"libc.so.6": main}, (2, 34))
    assert len(newest["libc.so.6"]) == len(main)


def test_symbols_only_for_old_programs_are_not_in_the_stubs() -> None:
    """An example is atexit() on s390x: new links must use the one in libc_nonshared.a, which knows its caller."""
    old = glibc_stubs.VersionedSymbol("atexit", (2, 2), "STT_FUNC", 0, default=False)
    moved = glibc_stubs.VersionedSymbol("read", (2, 2), "STT_FUNC", 0, default=False)
    main = {
        "atexit": {(2, 2): old},
        "read": {(2, 2): moved, (2, 30): glibc_stubs.VersionedSymbol("read", (2, 30), "STT_FUNC", 0)},
    }
    planned = glibc_stubs.plan_stubs({"libc.so.6": main, "libdl.so.2": {"atexit": {(2, 2): old}}}, (2, 17))
    assert [row.name for rows in planned.values() for row in rows] == ["read"]
    assert planned["libc.so.6"] == [moved]


def test_paths_in_the_linker_script() -> None:
    group = "GROUP ( /lib/x/libc.so.6 /usr/lib/x/libc_nonshared.a  AS_NEEDED ( /lib64/ld.so.2 ) )"
    original = f"/* GNU ld script */\nOUTPUT_FORMAT(elf64)\n{group}\n"
    script = glibc_stubs.linker_script(original, Path("/s/libc.so.6"), "/old")
    quoted = ('"/s/libc.so.6"', '"/old/usr/lib/x/libc_nonshared.a"', '"/old/lib64/ld.so.2"')
    assert script == "GROUP ( {} {}  AS_NEEDED ( {} ) )\n".format(*quoted)
    with pytest.raises(BuildError, match="is not a linker script"):
        glibc_stubs.linker_script("\x7fELF", Path("/s/libc.so.6"), "")


# Functions that got a new version after 2.17, one from each library of the C library.
ASKS = """
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
int f(double x, const char *name) {
    pthread_key_t key;
    fputs(name, stdout);
    return pthread_key_create(&key, NULL) + (int)pow(x, exp(x)) + (dlopen(name, 1) != NULL) + raise(0);
}
"""


@pytest.fixture(scope="module")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stubs in a folder with blanks")
    glibc_stubs.make_stubs("gcc", folder, (2, 17))
    return folder


def link(folder: Path, source: str, *flags: str) -> Path:
    (folder / "x.c").write_text(source)
    out = folder / "x.so"
    libraries = ["-Wl,--as-needed", "-lm", "-ldl", "-lpthread"]
    subprocess.run(["gcc", "-shared", "-fPIC", str(folder / "x.c"), "-o", out, *flags, *libraries], check=True)
    return out


def test_a_link_asks_for_old_versions(tmp_path: Path, stubs: Path) -> None:
    asked = glibc_limit.needed_functions(link(tmp_path, ASKS, f"-L{stubs}", "-Wl,-z,defs"))
    assert set(asked) >= {"pow", "exp", "dlopen", "pthread_key_create", "stdout"}
    assert max(asked.values()) <= (2, 17)
    # A link without the stubs asks for newer versions, so the stubs have an effect.
    assert max(glibc_limit.needed_functions(link(tmp_path, ASKS)).values()) >= (2, 29)


def test_a_program_linked_with_stubs_runs_with_the_real_library(tmp_path: Path, stubs: Path) -> None:
    (tmp_path / "main.c").write_text(f'{ASKS}int main(void) {{ return f(1.0, "no such file\\n") != 1; }}\n')
    program = tmp_path / "main"
    command = ["gcc", str(tmp_path / "main.c"), "-o", str(program), f"-L{stubs}", "-lm", "-ldl", "-lpthread"]
    subprocess.run(command, check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "no such file\n")


def test_compiler_that_is_not_there() -> None:
    with pytest.raises(BuildError, match="no-such-gcc cannot be run"):
        glibc_stubs.find_libraries("no-such-gcc")
