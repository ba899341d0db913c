# SPDX-License-Identifier: GPL-3.0-or-later
"""Build our own kernel module (tests/testmod) for the guest's kernel, with debuginfo and with BTF."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import build_environment, run
from mpykbuild.base.run_log import RunLog
from mpykbuild.vmcore.architectures import X86_64, Architecture

NAME = "mpyk_testmod"
SOURCE = Path(__file__).resolve().parent / "testmod"
# What the kernel's own compiler could do, and ours may not: Kbuild takes it from the kernel's configuration.
COMPILER_OPTIONS = {"CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT": "-fmin-function-alignment=16"}

RESOLVE_BTFIDS = "tools/bpf/resolve_btfids/resolve_btfids"


@dataclass(frozen=True)
class TestModule:
    """The module with its debuginfo, and the one without to be loaded; both have BTF."""

    __test__ = False  # it is no test, whatever pytest thinks of its name

    debug: Path
    stripped: Path


def source_files() -> list[Path]:
    return sorted(path for path in SOURCE.iterdir() if path.is_file())


def pahole_version(said: str) -> int:
    """Return 124 for ``v1.24``, as the kernel's configuration writes it."""
    found = re.fullmatch(r"v(\d+)\.(\d+)\s*", said)
    if not found:
        raise BuildError(f"pahole calls its version {said.strip()!r}.", "install the package dwarves.")
    return int(found[1]) * 100 + int(found[2])


def _host_pahole() -> int:
    return pahole_version(run(["pahole", "--version"]).stdout)


def _compiler_knows(compiler: str, option: str) -> bool:
    command = [compiler, option, "-E", "-x", "c", os.devnull]
    return run(command).status == 0


def make_arguments(headers: Path, work: Path, architecture: Architecture = X86_64) -> list[str]:
    """Return the command that builds the module in ``work``; what this machine's tools cannot do is turned off.

    Which machine it is for is in Debian's headers (``.kernelvariables``); of the compiler only its name is not theirs.
    """
    compiler = architecture.compiler
    lacking = [f"{name}=" for name, option in COMPILER_OPTIONS.items() if not _compiler_knows(compiler, option)]
    if not (headers / RESOLVE_BTFIDS).exists():  # in older packages; the module has no list of BTF IDs
        lacking.append("RESOLVE_BTFIDS=true")
    return [
        "make", "-C", str(headers), f"M={work}", f"CC={compiler}", f"CONFIG_PAHOLE_VERSION={_host_pahole()}",
        f"KCFLAGS=-ffile-prefix-map={work}/=testmod/ -Werror", *lacking, "modules",
    ]  # fmt: skip


def build_module(headers: Path, scratch: Path, log: RunLog, architecture: Architecture = X86_64) -> TestModule:
    """Build the module in ``scratch`` with the headers of the guest's kernel."""
    work = scratch / "testmod"
    shutil.copytree(SOURCE, work)
    env = build_environment()
    log.step(f"compile {NAME}", make_arguments(headers, work, architecture), work, env)
    module = TestModule(work / f"{NAME}.ko", work / f"{NAME}.stripped")
    command = [f"{architecture.tools}objcopy", "--strip-debug", str(module.debug), str(module.stripped)]
    log.step(f"strip {NAME}", command, work, env)
    if b"\0.BTF\0" not in module.stripped.read_bytes():
        raise BuildError(f"{NAME} was built without BTF.", f"see {log.log}.")
    return module
