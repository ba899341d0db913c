# SPDX-License-Identifier: GPL-3.0-or-later
"""The file with a real, older C library: the unpacked packages of an old Debian suite."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import default_cache_root
from mpykbuild.toolchain import debian_sysroot, glibc_limit, glibc_stubs, sysroot
from support.session import Variant

SUITE, VERSION = "bullseye", (2, 31)
# Opens a library as crash does. Names taken from crash are weak, so only names of the C library can be missing.
OPENS = """
#include <dlfcn.h>
#include <stdio.h>
#include <gnu/libc-version.h>
int main(int count, char **words) {
    void *handle = dlopen(words[count - 1], RTLD_NOW | RTLD_LOCAL);
    printf("%s %s\\n", gnu_get_libc_version(), handle ? "opened" : dlerror());
    fflush(stdout);
    return handle == NULL;
}
"""


@pytest.fixture(scope="module")
def old_root() -> Path:
    try:
        return debian_sysroot.sysroot_folder(SUITE, Path(os.environ.get("MPYKDUMP_CACHE") or default_cache_root()))
    except BuildError as error:
        pytest.skip(f"the packages of {SUITE} are not available: {error.what}")


@pytest.fixture(scope="module")
def compilers(old_root: Path, tmp_path_factory: pytest.TempPathFactory) -> sysroot.Compilers:
    return sysroot.sysroot_compilers(old_root, tmp_path_factory.mktemp("compilers"))


def built(compilers: sysroot.Compilers, folder: Path, source: str, *flags: str) -> Path:
    (folder / "x.c").write_text(source)
    out = folder / "x"
    subprocess.run([compilers.cc, str(folder / "x.c"), "-o", str(out), *flags], check=True)
    return out


def opened(old_root: Path, program: Path, *words: Path) -> str:
    """Return what the program prints when it runs with the C library in ``old_root``."""
    places = ":".join(str(folder) for folder in sysroot.library_folders(old_root))
    loader = next(path for path in old_root.glob("lib*/**/ld-linux*.so.*") if path.is_file())
    command = [str(loader), "--library-path", places, str(program), *(str(word) for word in words)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def test_headers_and_versions_are_the_old_ones(compilers: sysroot.Compilers, tmp_path: Path) -> None:
    source = "#include <features.h>\n#include <math.h>\n#include <sys/stat.h>\n" \
             "int minor = __GLIBC_MINOR__;\n" \
             "double f(double x, struct stat *s) { return stat(\".\", s) + hypot(x, 2) + pow(x, x); }\n"  # fmt: skip
    versions = glibc_limit.needed_functions(built(compilers, tmp_path, source, "-shared", "-fPIC", "-lm"))
    assert versions["hypot"] < (2, 35)
    assert versions["pow"] == (2, 29)
    assert "stat" not in versions, "a function of the new headers"
    assert (tmp_path / "x").read_bytes().count(b"__xstat") >= 1


def test_stubs_keep_functions_in_their_old_libraries(compilers: sysroot.Compilers, tmp_path: Path) -> None:
    glibc_stubs.make_stubs(compilers.cc, tmp_path / "stubs", (2, 17), compilers.sysroot)
    source = '#include <dlfcn.h>\n#include <math.h>\nvoid *f(double x) { return dlopen("x", (int)pow(x, x)); }\n'
    flags = ["-shared", "-fPIC", f"-L{tmp_path / 'stubs'}", "-Wl,--as-needed", "-lm", "-ldl"]
    path = built(compilers, tmp_path, source, *flags)
    assert max(glibc_limit.needed_functions(path).values()) <= (2, 17)
    needed = subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=True).stdout
    assert {"libm.so.6", "libdl.so.2"} <= set(re.findall(r"\(NEEDED\).*\[(.*)\]", needed))


def test_extension_opens_with_the_old_library(
    variant: Variant, old_root: Path, compilers: sysroot.Compilers, tmp_path: Path
) -> None:
    program = built(compilers, tmp_path, OPENS, "-ldl")
    # Before this line, the constructor of the file prints that it runs outside crash.
    assert (
        opened(old_root, program, variant.extension).splitlines()[-1] == f"{glibc_stubs.version_text(VERSION)} opened"
    )


@pytest.mark.skipif(platform.machine() != "x86_64", reason="hypot() has no later version elsewhere")
def test_library_that_needs_a_later_glibc_does_not_open(
    old_root: Path, compilers: sysroot.Compilers, tmp_path: Path
) -> None:
    """This shows that the test before can fail."""
    program = built(compilers, tmp_path, OPENS, "-ldl")
    (tmp_path / "new.c").write_text("#include <math.h>\ndouble f(double x) { return hypot(x, x); }\n")
    new = tmp_path / "new.so"
    subprocess.run(["gcc", "-shared", "-fPIC", str(tmp_path / "new.c"), "-o", str(new), "-lm"], check=True)
    assert "version `GLIBC_2.35' not found" in opened(old_root, program, new)
