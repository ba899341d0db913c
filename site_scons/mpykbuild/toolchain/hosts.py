# SPDX-License-Identifier: GPL-3.0-or-later
"""``host=NAME``: the table of the machines for which the extension, Python and crash can be cross-built."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from typing import Literal

from mpykbuild.toolchain.crash_targets import Target, host_target

# A cross build needs CPython's --with-build-python (new in 3.11) and crash's CROSS_COMPILE (new in 9.0.0).
OLDEST_PYTHON = (3, 11)
OLDEST_CRASH = (9, 0, 0)


@dataclass(frozen=True)
class Host:
    """A machine on which the products of a cross build run. ``name`` is its ``uname -m``.

    ``triplet`` is GNU's name of the machine, ``debian`` is Debian's. ``libraries`` is the Debian architecture of the
    libraries that crash links; if it is not ``debian``, only the headers of these libraries are used. ``crash`` is
    "headers" if crash is not built as a program, and only its headers are prepared. ``extra_linker_flags`` are flags
    of ld for the extension; ``extra_libraries`` are libraries of the compiler that are linked into the extension.
    """

    name: str
    triplet: str
    debian: str
    libraries: str
    crash: Literal["program", "headers"]
    extra_linker_flags: tuple[str, ...] = ()
    extra_libraries: tuple[str, ...] = ()

    @property
    def target(self) -> Target:
        """The crash target for this machine's own dumps. It has the ELF machine, pointer size and byte order."""
        return host_target(self.name)

    @property
    def group(self) -> str:
        """The group of the packages for this host in requirements/system-packages.tsv."""
        return f"host-{self.name}"

    @property
    def emulator(self) -> str:
        """The program of qemu-user that runs this host's programs."""
        return f"qemu-{self.name}"

    def tool(self, name: str) -> str:
        """Return the cross tool for a tool's plain name: ``s390x-linux-gnu-gcc`` for ``gcc``."""
        return f"{self.triplet}-{name}"


HOSTS: dict[str, Host] = {
    row.name: row
    for row in (
        Host("aarch64", "aarch64-linux-gnu", "arm64", "arm64", "program"),
        # Without the flag the linker uses __tls_get_addr_opt(), which needs glibc 2.22.
        Host("ppc64le", "powerpc64le-linux-gnu", "ppc64el", "ppc64el", "headers", ("--no-tls-get-addr-optimize",)),
        Host("s390x", "s390x-linux-gnu", "s390x", "s390x", "headers"),
        # Debian 12 has no packages for riscv64, so the headers are those of another 64-bit machine.
        # gcc needs libatomic for atomic variables of one byte.
        Host("riscv64", "riscv64-linux-gnu", "riscv64", "arm64", "headers", extra_libraries=("-l:libatomic.a",)),
    )
}


def requested_host(value: str, machine: str | None = None) -> Host | None:
    """Return the row for the value of ``host=``, or None if it is empty or names this machine."""
    return HOSTS[value] if value and value != (machine or platform.machine()) else None
