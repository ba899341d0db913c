# SPDX-License-Identifier: GPL-3.0-or-later
"""A small CPython source tree and its manifest. They have all files that the build reads, and it builds quickly."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from mpykbuild.python.patches import HEADERS
from support.pins import PINNED

MINOR = PINNED.python().minor
VERSION, OTHER_VERSION = f"{MINOR}.7", f"{MINOR}.8"
BUILTIN = ("_core", "array", "posix")

# A virtual environment may be inside the project, and a product must not contain the project's path.
HOST_PYTHON = str(Path(sys.executable).resolve())

# It answers one question of the build itself, and passes all others to the Python that runs the tests.
INTERPRETER = """#!/bin/sh
case "$*" in *builtin_module_names*) echo "{version} {builtin}"; exit;; esac
exec "{host}" "$@"
"""

CONFIGURE = """#!/bin/sh
src=$(dirname "$0")
printf '%s\\n' "$@" > ../arguments
env | sort > ../environment
umask > ../umask
cp "$src/pyconfig.h.in" pyconfig.h
cp "$src/Modules/Setup.stdlib.in" Modules/Setup.stdlib
cp "$src/interpreter" interpreter
cat > Makefile <<END
LIBS={libs}
MODLIBS=Modules/libextra.a
python:
\tgcc {flags} -c -o core.o $src/core.c
\tgcc -g0 -c -o extra.o $src/extra.c
\tar rc libpython{minor}.a core.o
\tar rc Modules/libextra.a extra.o
\tcp interpreter python
\tchmod 755 python
END
"""


def later_minor(count: int) -> str:
    """Return the minor that comes ``count`` minors after that of the fake Python."""
    major, number = MINOR.split(".")
    return f"{major}.{int(number) + count}"


def write(root: Path, files: dict[str, str]) -> None:
    """Write all ``files`` and make their folders."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def make_source(
    root: Path, *, says: str = VERSION, builtin: tuple[str, ...] = BUILTIN, libs: str = "-lm", flags: str = "-g0"
) -> Path:
    """Make a source tree that builds quickly. ``says`` is the version that the built interpreter prints."""
    write(
        root,
        {
            "configure": CONFIGURE.format(libs=libs, flags=flags, minor=MINOR),
            "install-sh": "",
            "Makefile.pre.in": "",
            "pyconfig.h.in": "",
            "interpreter": INTERPRETER.format(version=says, builtin=" ".join(builtin), host=HOST_PYTHON),
            "core.c": 'const char *core(void) { return "core " __FILE__; }\n',
            "extra.c": "int extra(void) { return 1; }\n",
            "Include/patchlevel.h": f'#define PY_VERSION "{VERSION}"\n',
            "Include/Python.h": "",
            "Modules/config.c.in": '    {"_core", PyInit__core},\n',
            "Modules/Setup": "# a comment about foo.c\n#xx xxmodule.c\n",
            "Modules/Setup.stdlib.in": "@MODULE_ARRAY_TRUE@array arraymodule.c\n#@MODULE_ZLIB_TRUE@zlib zlibmodule.c\n",
            "Modules/Setup.bootstrap.in": "posix posixmodule.c\n",
            "Lib/os.py": "import abc, posix, zlib\n",
            "Lib/abc.py": "from json import decoder\n",
            "Lib/json/__init__.py": "from .decoder import JSON\n",
            "Lib/json/decoder.py": "JSON = 1\n",
            "Lib/json/tool.py": "import tkinter\n",
            "Lib/tkinter/__init__.py": "",
            "Lib/test/__init__.py": "",
            "Lib/test/test_json.py": "",
        },
    )
    (root / "configure").chmod(0o755)
    return root


def make_manifests(root: Path, minor: str = MINOR) -> Path:
    """Make the manifest that fits ``make_source``; return the folder of all manifests."""
    write(
        root / minor,
        {
            "Setup.local": "# why\n*disabled*\nzlib \\\n  xx\n",
            "builtin.lst": "# the result\n_core array\nposix\n",
            "stdlib.lst": "os abc\njson: decoder\n[omitted]\ntkinter: no use\n[absent]\nzlib: does without\n",
        },
    )
    return root


def make_patches(root: Path, patch: str = "", minor: str = MINOR) -> Path:
    """Make a folder with one patch or none. Return the folder of the patches for all releases."""
    write(root / minor, {"series": "only.patch # one\n" if patch else ""})
    if patch:
        head = "".join(f"{header} because\n" for header in HEADERS)
        write(root / minor, {"only.patch": f"{head}\n{patch}"})
    return root


def make_product(root: Path) -> Path:
    """Make a CPython product with the small stdlib. Its interpreter is the Python that runs the tests."""
    make_source(root / "src")
    shutil.copytree(root / "src" / "Lib", root / "lib" / f"python{MINOR}")
    (root / "bin").mkdir()
    (root / "builtin.txt").write_text("".join(f"{name}\n" for name in (*BUILTIN, "zlib")))
    shutil.copy(root / "src" / "interpreter", root / "bin" / "python")
    (root / "bin" / "python").chmod(0o755)
    return root
