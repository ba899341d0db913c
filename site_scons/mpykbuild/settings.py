# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of one run: checked values, absolute paths."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mpykbuild import crosstools, debiansysroot, hosts, sysroot
from mpykbuild.errors import BuildError
from mpykbuild.paths import default_cache_root

# What decides on more than one row or pair.
HANDED_ON = ("downloads", "glibc_max", "kernel", "launcher", "sysroot", "V")


def is_pin(value: str) -> bool:
    """Return whether a value is a version such as 3.13 or 9.0.2, not a path."""
    return bool(re.fullmatch(r"\d+(\.\d+)*", value))


@dataclass(frozen=True)
class Settings:
    """The command line, checked and with absolute paths."""

    values: Mapping[str, str]
    launched_from: Path

    @property
    def cache(self) -> Path:
        value = self.values["cache"]
        return self.path(value) if value else default_cache_root()

    @property
    def downloads(self) -> Path | None:
        value = self.values["downloads"]
        return self.path(value) if value else None

    @cached_property
    def compilers(self) -> sysroot.Compilers:
        value = self.values["sysroot"]
        host = hosts.asked_for(self.values["host"])
        if host and value:
            raise BuildError(
                f"host={host.name} and sysroot={value}: a cross compiler has its own C library.", "give one of both."
            )
        if host:
            return crosstools.compilers(host, self.cache)
        if not value:
            return sysroot.Compilers()
        suite = debiansysroot.asked_for(value)
        root = debiansysroot.folder(suite, self.cache) if suite else self.path(value)
        return sysroot.compilers(root, self.cache)

    def handed_on(self) -> dict[str, str]:
        """Return what the builds of other rows and pairs are told as well, in words that hold anywhere."""
        told = {name: self.values[name] for name in HANDED_ON if self.values[name]}
        for name in told.keys() & {"downloads", "sysroot"}:
            if not debiansysroot.asked_for(told[name]):
                told[name] = str(self.path(told[name]))
        return {**told, "cache": str(self.cache)}

    @property
    def launcher(self) -> str:
        return self.values["launcher"]

    @property
    def verbose(self) -> bool:
        return self.values["V"] == "1"

    @property
    def jobs(self) -> int:
        return os.cpu_count() or 1

    def path(self, value: str) -> Path:
        """Return a path given by the user; a relative one is meant from where the user stands."""
        return (self.launched_from / Path(value).expanduser()).resolve()
