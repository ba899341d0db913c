# SPDX-License-Identifier: GPL-3.0-or-later
"""A small installed Python with a static library. Its interpreter is the Python that runs the tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

from support.fakepython import HOST_PYTHON, MINOR, VERSION, write

NAME = f"python{MINOR}"
HEADER = """#include <stddef.h>
typedef struct { int x; } PyObject;
struct _inittab { const char *name; PyObject *(*init)(void); };
int Py_BytesMain(int argc, char **argv);
"""
UNITS = {
    "main": f"""#include "Python.h"
#include <unistd.h>
extern struct _inittab _PyImport_Inittab[];
int Py_BytesMain(int argc, char **argv) {{ argv[0] = "{HOST_PYTHON}"; (void)argc; (void)_PyImport_Inittab;
    return execv(argv[0], argv); }}
PyObject *PyInit_posix(void) {{ return 0; }}
PyObject *PyMarshal_Init(void) {{ return 0; }}
PyObject *_PyWarnings_Init(void) {{ return 0; }}
""",
    "core": '#include "Python.h"\nPyObject *PyInit__core(void) { return 0; }\n',
    "array": '#include "Python.h"\nextern void *inflate(void);\nPyObject *PyInit_array(void) { return inflate(); }\n',
    "extra": '#include "Python.h"\nPyObject *PyInit_extra(void) { return 0; }\n',
    "config": '#include "Python.h"\n'
    + "".join(f"extern PyObject *PyInit_{name}(void);\n" for name in ("posix", "_core", "array", "extra"))
    + "struct _inittab _PyImport_Inittab[] = {\n"
    + "".join(f'  {{"{name}", PyInit_{name}}},\n' for name in ("posix", "_core", "array", "extra"))
    + "  {0, 0}};\n",
}


def make_prebuilt(root: Path, flags: str = "-fPIC", units: dict[str, str] = UNITS) -> Path:
    """Make and return an installation prefix. Its library consists of these units."""
    include = {"Python.h": HEADER, "patchlevel.h": f'#define PY_VERSION "{VERSION}"\n', "pyconfig.h": ""}
    write(root, {f"include/{NAME}/{name}": text for name, text in include.items()})
    write(root, {f"lib/{NAME}/{name}": "" for name in ("os.py", "abc.py", "json/__init__.py", "json/decoder.py")})
    write(root, {f"work/{name}.c": text for name, text in units.items()})
    sources = [f"{name}.c" for name in units]
    compiler = ["gcc", "-c", flags, f"-I{root}/include/{NAME}", *sources]
    subprocess.run(compiler, cwd=root / "work", check=True)
    objects = [f"{name}.o" for name in units]
    subprocess.run(["ar", "rc", str(root / "lib" / f"lib{NAME}.a"), *objects], cwd=root / "work", check=True)
    return root
