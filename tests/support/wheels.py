# SPDX-License-Identifier: GPL-3.0-or-later
"""Small wheels for tests, and a requirements file that pins them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from mpykbuild.base.cache import file_digest


def make_wheel(
    folder: Path, name: str, files: Mapping[str, str], *, version: str = "1.0", tag: str = "py3-none-any",
    facts: str = "License-Expression: MIT",
) -> Path:  # fmt: skip
    """Write a wheel with ``files`` into ``folder``. ``facts`` are further lines of its metadata."""
    info = f"{name}-{version}.dist-info"
    pure = "true" if tag.endswith("none-any") else "false"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{facts}\n")
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: {pure}\nTag: {tag}\n")
        wheel.writestr(f"{info}/licenses/LICENSE", f"the licence of {name}\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def pin(wheel: Path) -> str:
    """Return the line of a requirements file for a wheel."""
    name, version, *_ = wheel.name.split("-")
    return f"{name}=={version} --hash=sha256:{file_digest(wheel)}\n"
