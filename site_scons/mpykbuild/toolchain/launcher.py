# SPDX-License-Identifier: GPL-3.0-or-later
"""``launcher=ccache|sccache|distcc``: every compilation in C and C++ is started through one of these.

CPython and crash have makefiles of their own and are built in an environment without anything of the user's; there a
folder with programs called gcc, g++… stands at the front of $PATH. They start the real compiler by the launcher, which
gets the user's settings back. No product's key and no command line knows of it: what is built is the same.
"""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from mpykbuild.base.errors import BuildError

LAUNCHERS = ("ccache", "sccache", "distcc")
COMPILERS = ("gcc", "g++", "cc", "c++")
# What launchers take from the environment; one may call another (CCACHE_PREFIX=distcc).
VARIABLES = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR")
PREFIXES = tuple(f"{name.upper()}_" for name in LAUNCHERS)

# Linking, and questions such as -v, are none of the launcher's business.
SCRIPT = """#!/bin/sh
PATH={path}
for word; do
    if [ "$word" = -c ]; then
        {settings}
        exec {launcher} {compiler} "$@"
    fi
done
exec {compiler} "$@"
"""


def find_launcher(launcher: str, environ: Mapping[str, str] = os.environ) -> str:
    """Return the program's path, empty for no launcher. Raises BuildError when it is not installed."""
    if not launcher:
        return ""
    found = shutil.which(launcher, path=environ.get("PATH", os.defpath))
    if found is None:
        raise BuildError(f"launcher={launcher}: there is no program {launcher} in PATH.", f"install {launcher}.")
    return found


def launcher_variables(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables by which the user directs launchers."""
    return {name: value for name, value in environ.items() if name in VARIABLES or name.startswith(PREFIXES)}


@contextmanager
def search_path(
    launcher: str,
    environ: Mapping[str, str] = os.environ,
    *,
    beyond: str | None = None,
    compilers: Sequence[str] = COMPILERS,
) -> Iterator[str | None]:
    """Yield the $PATH on which ``compilers`` are started by ``launcher``, or just ``beyond`` when there is none.

    ``beyond`` is the $PATH that leads to the compilers themselves; None is the user's. The folder is a private one:
    settings of the user's may be secrets.
    """
    program = find_launcher(launcher, environ)
    if not program:
        yield beyond
        return
    path = beyond or environ.get("PATH", os.defpath)
    with tempfile.TemporaryDirectory(prefix="mpykdump-launcher-") as folder:
        exports = "; ".join(
            f"export {name}={shlex.quote(value)}" for name, value in sorted(launcher_variables(environ).items())
        )
        for compiler in compilers:
            script = Path(folder, compiler)
            script.write_text(
                SCRIPT.format(
                    path=shlex.quote(path), settings=exports or ":", launcher=shlex.quote(program), compiler=compiler
                )
            )
            script.chmod(0o700)
        yield f"{folder}{os.pathsep}{path}"


def with_launcher(
    launcher: str, build: Callable[..., Path], *, beyond: str | None = None, compilers: Sequence[str] = ()
) -> Callable[[], Path]:
    """Return what calls ``build`` with the $PATH on which the launcher starts this machine's and these compilers."""

    def make() -> Path:
        with search_path(launcher, beyond=beyond, compilers=(*COMPILERS, *compilers)) as path:
            return build(path=path)

    return make
