# SPDX-License-Identifier: GPL-3.0-or-later
"""The compilers of one build, and the version of a compiler."""

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
    """The compilers to use. ``sysroot`` and ``key`` are empty if they use the machine's own headers and libraries.

    ``host`` is the machine for which a cross compiler builds. ``tools`` and ``libraries`` are then the folders that
    cross_tools made; they are empty otherwise.
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
        """The machine on which the product runs, by its ``uname -m``."""
        return self.host.name if self.host else platform.machine()

    @property
    def suffix(self) -> str:
        """The end of the names of products for another machine. It is empty for this machine."""
        return f"-{self.host.name}" if self.host else ""

    @property
    def extra_linker_flags(self) -> tuple[str, ...]:
        """The linker's flags that only this host needs."""
        return self.host.extra_linker_flags if self.host else ()

    @property
    def extra_libraries(self) -> tuple[str, ...]:
        """The libraries that only this host needs."""
        return self.host.extra_libraries if self.host else ()

    def tool(self, name: str) -> str:
        """Return the name of a binutils program (``strip``) that works on files of the machine we build for."""
        return self.host.tool(name) if self.host else name

    def fallback_header_flags(self) -> list[str]:
        """Return compiler flags to find the machine's headers, for headers that the sysroot does not have.

        crash's header includes the headers of compression libraries, with which crash was built on this machine.
        """
        if self.libraries:
            return [word for folder in include_folders(Path(self.libraries)) for word in ("-isystem", str(folder))]
        triplet = f"/usr/include/{platform.machine()}-linux-gnu"
        return ["-idirafter", triplet, "-idirafter", "/usr/include"] if self.sysroot else []

    def key_with_sysroot(self, source_key: str) -> str:
        """Return a key of the product's source and of the sysroot. Without a sysroot it is ``source_key``."""
        return digest_of({"source": source_key, "sysroot": self.key}) if self.key else source_key


def compiler_identity(cc: str, path: str | None = None) -> str:
    """Return the line with the version in the output of ``cc -v``. ``path`` is $PATH, by default the user's.

    Raises BuildError if the compiler does not run.
    """
    done = run([cc, "-v"], env=build_environment(path))
    if done.status:
        raise BuildError(f"The C compiler {cc} does not run:\n{done.output}", "install the package gcc.")
    lines = [line.strip() for line in done.stderr.splitlines() if " version " in line]
    return lines[-1] if lines else done.stderr.strip()
