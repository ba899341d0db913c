# SPDX-License-Identifier: GPL-3.0-or-later
"""The compilers of one build, and how a compiler tells its version."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.base.cache import digest_of
from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import build_environment, run
from mpykbuild.toolchain.crash_libraries import include_folders
from mpykbuild.toolchain.hosts import Host


@dataclass(frozen=True)
class Compilers:
    """The compilers to use. ``sysroot`` is empty, and ``key`` too, for the machine's own headers and libraries.

    ``host`` is the machine that a cross compiler builds for; ``tools`` and ``libraries`` are the folders of
    cross_tools then.
    """

    cc: str = "gcc"
    cxx: str = "g++"
    sysroot: str = ""
    key: str = ""
    host: Host | None = None
    tools: str = ""
    libraries: str = ""

    @property
    def machine(self) -> str:
        """The machine on which the result runs, as ``uname -m`` says it."""
        return self.host.name if self.host else platform.machine()

    @property
    def suffix(self) -> str:
        """What tells the products for another machine from those for this one."""
        return f"-{self.host.name}" if self.host else ""

    @property
    def linker_flags(self) -> tuple[str, ...]:
        """What the linker is told besides what it is always told."""
        return self.host.linker_flags if self.host else ()

    @property
    def more_libraries(self) -> tuple[str, ...]:
        """What is linked besides what is always linked."""
        return self.host.more_libraries if self.host else ()

    def tool(self, name: str) -> str:
        """Return the program of binutils that is called ``name`` on the machine that is built for."""
        return self.host.tool(name) if self.host else name

    def other_headers(self) -> list[str]:
        """Return compiler flags that let the machine's headers be found where the sysroot has none.

        crash's header includes those of the compression libraries with which crash was built on this machine.
        """
        if self.libraries:
            return [word for folder in include_folders(Path(self.libraries)) for word in ("-isystem", str(folder))]
        triplet = f"/usr/include/{platform.machine()}-linux-gnu"
        return ["-idirafter", triplet, "-idirafter", "/usr/include"] if self.sysroot else []

    def keyed(self, source_key: str) -> str:
        """Return the key of a product's source together with that of the sysroot it is compiled with."""
        return digest_of({"source": source_key, "sysroot": self.key}) if self.key else source_key


def compiler_identity(cc: str, path: str | None = None) -> str:
    """Return the line in which the compiler tells its version; ``path`` is $PATH. Raises BuildError without one."""
    done = run([cc, "-v"], env=build_environment(path))
    if done.status:
        raise BuildError(f"The C compiler {cc} does not run:\n{done.said}", "install gcc (the package 'gcc')")
    lines = [line.strip() for line in done.stderr.splitlines() if " version " in line]
    return lines[-1] if lines else done.stderr.strip()
