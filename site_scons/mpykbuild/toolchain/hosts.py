# SPDX-License-Identifier: GPL-3.0-or-later
"""``host=NAME``: the machines for which everything can be cross-built, as rows of data."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import Literal

from mpykbuild.toolchain.crash_targets import Target, host_target

# CPython's --with-build-python came with 3.11, crash's CROSS_COMPILE with 9.0.0.
OLDEST_PYTHON = (3, 11)
OLDEST_CRASH = (9, 0, 0)


@dataclass(frozen=True)
class Host:
    """A machine, by its ``uname -m``, on which what is built shall run.

    ``triplet`` is GNU's name for it, ``debian`` Debian's. ``libraries`` is the Debian architecture from which the
    libraries that crash links are taken; when it is another machine's, only their headers are used. ``crash`` says
    whether crash becomes a program, or its headers alone are prepared. ``linker_flags`` are ld's for the extension,
    ``more_libraries`` the compiler's own that are linked into it.
    """

    name: str
    triplet: str
    debian: str
    libraries: str
    crash: Literal["program", "headers"]
    linker_flags: tuple[str, ...] = ()
    more_libraries: tuple[str, ...] = ()

    @property
    def target(self) -> Target:
        """The crash target of the machine itself, which knows its ELF machine, pointers and byte order."""
        return host_target(self.name)

    @property
    def group(self) -> str:
        """The group of its packages in requirements/system-packages.tsv."""
        return f"host-{self.name}"

    @property
    def emulator(self) -> str:
        """The program of qemu-user that runs its programs."""
        return f"qemu-{self.name}"

    def tool(self, name: str) -> str:
        """Return the cross compiler's or binutils' program that is called ``name`` on the machine itself."""
        return f"{self.triplet}-{name}"


HOSTS: dict[str, Host] = {
    row.name: row
    for row in (
        Host("aarch64", "aarch64-linux-gnu", "arm64", "arm64", "program"),
        # The linker would call __tls_get_addr_opt() of glibc 2.22.
        Host("ppc64le", "powerpc64le-linux-gnu", "ppc64el", "ppc64el", "headers", ("--no-tls-get-addr-optimize",)),
        Host("s390x", "s390x-linux-gnu", "s390x", "s390x", "headers"),
        # Not a part of Debian 12: the headers are those of another 64-bit machine.
        # gcc calls a library for atomic variables of one byte.
        Host("riscv64", "riscv64-linux-gnu", "riscv64", "arm64", "headers", more_libraries=("-l:libatomic.a",)),
    )
}


def requested_host(value: str, machine: str | None = None) -> Host | None:
    """Return the row that ``host=`` names; None when it is empty or names the machine on which we build."""
    return HOSTS[value] if value and value != (machine or platform.machine()) else None
