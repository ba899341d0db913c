# SPDX-License-Identifier: GPL-3.0-or-later
"""``launcher=ccache|sccache|distcc``: start all compilations of C and C++ through a launcher.

The makefiles of CPython and crash run in an environment without the user's variables. For them a folder with scripts
called gcc, g++ and so on is put first in $PATH. A script starts the launcher with the real compiler, and gives the
user's settings to the launcher. The launcher is in no product's key and in no command line, because it does not change
the product.
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
# The variables that launchers read. Each gets those of all launchers, because one launcher may call another
# (CCACHE_PREFIX=distcc).
VARIABLES = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR")
PREFIXES = tuple(f"{name.upper()}_" for name in LAUNCHERS)

# Only compilations (-c) use the launcher, not links and not calls such as gcc -v.
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
    """Return the path of the launcher's program, or "" if ``launcher`` is empty. Raises BuildError if it is missing."""
    if not launcher:
        return ""
    found = shutil.which(launcher, path=environ.get("PATH", os.defpath))
    if found is None:
        raise BuildError(f"launcher={launcher}: there is no program {launcher} in PATH.", f"install {launcher}.")
    return found


def launcher_variables(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the user's variables that configure launchers."""
    return {name: value for name, value in environ.items() if name in VARIABLES or name.startswith(PREFIXES)}


@contextmanager
def search_path(
    launcher: str,
    environ: Mapping[str, str] = os.environ,
    *,
    compiler_path: str | None = None,
    compilers: Sequence[str] = COMPILERS,
) -> Iterator[str | None]:
    """Yield a $PATH on which ``launcher`` starts the ``compilers``. Without a launcher, yield ``compiler_path``.

    ``compiler_path`` is the $PATH of the real compilers; None means the user's. The folder of the scripts is readable
    only by the user, because the settings in them may be secrets.
    """
    program = find_launcher(launcher, environ)
    if not program:
        yield compiler_path
        return
    path = compiler_path or environ.get("PATH", os.defpath)
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
    launcher: str, build: Callable[..., Path], *, compiler_path: str | None = None, compilers: Sequence[str] = ()
) -> Callable[[], Path]:
    """Return a function that calls ``build(path=...)`` with the $PATH of :func:`search_path`.

    The launcher starts ``compilers`` in addition to this machine's compilers.
    """

    def make() -> Path:
        with search_path(launcher, compiler_path=compiler_path, compilers=(*COMPILERS, *compilers)) as path:
            return build(path=path)

    return make
