# SPDX-License-Identifier: GPL-3.0-or-later
"""Build our kernel module (the folder ``testmod``) for the guest's kernel, with debuginfo and with BTF."""

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
# Compiler options that the kernel's compiler had, but ours may not have. Kbuild uses them if the kernel's configuration
# has these names.
COMPILER_OPTIONS = {"CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT": "-fmin-function-alignment=16"}

RESOLVE_BTFIDS = "tools/bpf/resolve_btfids/resolve_btfids"


@dataclass(frozen=True)
class TestModule:
    """The module's two files: ``debug`` with debuginfo, and ``stripped``, which the guest loads. Both have BTF."""

    __test__ = False  # pytest must not collect this class as a test

    debug: Path
    stripped: Path


def source_files() -> list[Path]:
    return sorted(path for path in SOURCE.iterdir() if path.is_file())


def pahole_version(text: str) -> int:
    """Return 124 for ``v1.24``, the form that the kernel's configuration uses.

    Raises BuildError if ``text``, the output of ``pahole --version``, has another form.
    """
    found = re.fullmatch(r"v(\d+)\.(\d+)\s*", text)
    if not found:
        raise BuildError(f"pahole --version printed {text.strip()!r}, which is not a version.", "install dwarves.")
    return int(found[1]) * 100 + int(found[2])


def _host_pahole() -> int:
    return pahole_version(run(["pahole", "--version"]).stdout)


def _compiler_accepts(compiler: str, option: str) -> bool:
    command = [compiler, option, "-E", "-x", "c", os.devnull]
    return run(command).status == 0


def make_arguments(headers: Path, work: Path, architecture: Architecture = X86_64) -> list[str]:
    """Return the command that builds the module in ``work``. It turns off what this machine's tools do not support.

    Debian's headers set the architecture (in ``.kernelvariables``). They also name a compiler, which CC= replaces.
    """
    compiler = architecture.compiler
    lacking = [f"{name}=" for name, option in COMPILER_OPTIONS.items() if not _compiler_accepts(compiler, option)]
    if not (headers / RESOLVE_BTFIDS).exists():  # older packages lack it; the module does not need it
        lacking.append("RESOLVE_BTFIDS=true")
    return [
        "make", "-C", str(headers), f"M={work}", f"CC={compiler}", f"CONFIG_PAHOLE_VERSION={_host_pahole()}",
        f"KCFLAGS=-ffile-prefix-map={work}/=testmod/ -Werror", *lacking, "modules",
    ]  # fmt: skip


def build_module(headers: Path, scratch: Path, log: RunLog, architecture: Architecture = X86_64) -> TestModule:
    """Build the module in the folder ``scratch`` with the headers of the guest's kernel.

    Raises BuildError if the build fails, or if the module has no BTF.
    """
    work = scratch / "testmod"
    shutil.copytree(SOURCE, work)
    env = build_environment()
    log.step(f"compile {NAME}", make_arguments(headers, work, architecture), work, env)
    module = TestModule(work / f"{NAME}.ko", work / f"{NAME}.stripped")
    command = [f"{architecture.tools}objcopy", "--strip-debug", str(module.debug), str(module.stripped)]
    log.step(f"strip {NAME}", command, work, env)
    if b"\0.BTF\0" not in module.stripped.read_bytes():
        raise BuildError(f"{NAME} was built without BTF.", f"read the log in {log.log}.")
    return module
