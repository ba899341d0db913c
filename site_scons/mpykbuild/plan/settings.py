# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of one run, with absolute paths."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import default_cache_root
from mpykbuild.plan.options import OPTIONS
from mpykbuild.toolchain import cross_tools, debian_sysroot, hosts, sysroot
from mpykbuild.toolchain.compilers import Compilers


def is_version(value: str) -> bool:
    """Return whether a value is a version such as 3.13 or 9.0.2. Otherwise it is a path."""
    return bool(re.fullmatch(r"\d+(\.\d+)*", value))


@dataclass(frozen=True)
class Settings:
    """The checked options of the command line. ``launched_from`` is the folder that relative paths start from."""

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
    def compilers(self) -> Compilers:
        value = self.values["sysroot"]
        host = hosts.requested_host(self.values["host"])
        if host and value:
            raise BuildError(
                f"host={host.name} and sysroot={value}: a cross compiler has its own C library.",
                "give host= or sysroot=, not both.",
            )
        if host:
            return cross_tools.cross_compilers(host, self.cache)
        if not value:
            return Compilers()
        suite = debian_sysroot.requested_suite(value)
        root = debian_sysroot.sysroot_folder(suite, self.cache) if suite else self.path(value)
        return sysroot.sysroot_compilers(root, self.cache)

    def inherited_options(self) -> dict[str, str]:
        """Return the options that this run passes to the builds of rows: all non-empty ones, with absolute paths."""
        inherited = {option.name: self.values[option.name] for option in OPTIONS if option.inherited}
        for option in OPTIONS:
            value = inherited.get(option.name)
            if value and option.is_path and not debian_sysroot.requested_suite(value):
                inherited[option.name] = str(self.path(value))
        return {name: value for name, value in inherited.items() if value} | {"cache": str(self.cache)}

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
        """Return the absolute form of a path that the user gave."""
        return (self.launched_from / Path(value).expanduser()).resolve()
