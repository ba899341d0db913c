# SPDX-License-Identifier: GPL-3.0-or-later
"""``sys_info``: facts about the dump from crash's ``sys`` command, which runs when a program asks for the first one."""

from __future__ import annotations

import os
import sys

from crash import HZ, PAGE_CACHE_SHIFT, PAGESIZE, error, exec_crash_command, get_uptime, sysfacts

from pykdump.kernel_clock import ms2uptime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_LIVE_SOURCES = ("/dev/", "/proc/kcore")


class KernelRev(str):
    """A kernel version that is compared by numbers: KernelRev("5.9.0") < "5.14.0"."""

    __slots__ = ()

    @staticmethod
    def conv(text: str) -> tuple[int, ...]:
        """Return the first three parts of a version as numbers: "6.12-rc1" gives (6, 12, 0)."""
        parts = [0, 0, 0]
        for i, part in enumerate(text.split(".")[:3]):
            digits = len(part) - len(part.lstrip("0123456789"))
            parts[i] = int(part[:digits] or 0)
        return tuple(parts)

    def __lt__(self, other: str) -> bool:
        return self.conv(self) < self.conv(other)

    def __le__(self, other: str) -> bool:
        return self.conv(self) <= self.conv(other)

    def __gt__(self, other: str) -> bool:
        return self.conv(self) > self.conv(other)

    def __ge__(self, other: str) -> bool:
        return self.conv(self) >= self.conv(other)


def parse_sys(text: str) -> dict[str, str]:
    """Return the output of ``sys`` as {"KERNEL": ..., "LOAD AVERAGE": ...}.

    A line without a key continues the value before it, after a "|": DUMPFILES has a line for each file.
    """
    facts: dict[str, str] = {}
    key = ""
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip() and name.strip().isupper():
            key = name.strip()
            facts[key] = value.strip()
        elif key and line.strip():
            facts[key] += "|" + line.strip()
    return facts


def system_facts(text: str) -> dict[str, Any]:
    """Return the facts of parse_sys(), and those that programs expect besides.

    These are machine, CPUS (an int), kernel (a KernelRev), HZ, pointersize, pointermask, livedump, DebugDir and
    debuginfo (the folders to search for debuginfo of modules).
    """
    facts: dict[str, Any] = dict(parse_sys(text))
    if "DUMPFILES" in facts:
        facts["DUMPFILE"] = ",".join(f.split()[0] for f in facts["DUMPFILES"].split("|") if f)
    dump = facts.get("DUMPFILE", "")
    facts["livedump"] = dump.startswith(_LIVE_SOURCES) or "(remote live system)" in dump
    release = facts.get("RELEASE", "0.0.0")
    facts["kernel"] = KernelRev(".".join(str(n) for n in KernelRev.conv(release)))
    facts["machine"] = (facts.get("MACHINE", "").split() or [""])[0]
    facts["CPUS"] = int((facts.get("CPUS", "").split() or ["0"])[0])
    facts["HZ"] = HZ
    if "UPTIME" in facts and HZ and sysfacts()["hz"] != HZ:
        facts["UPTIME"] = _true_uptime(facts["UPTIME"])
    facts["pointersize"] = 8 if sys.maxsize > 2**32 else 4
    facts["pointermask"] = 2 ** (8 * facts["pointersize"]) - 1
    namelist = (facts.get("DEBUG KERNEL") or facts.get("KERNEL", "")).split("  [")[0]
    facts["DebugDir"] = os.path.dirname(namelist) or "."
    facts["debuginfo"] = _debuginfo_folders(release, facts["DebugDir"], facts["livedump"])
    return facts


def _true_uptime(text: str) -> str:
    """Return the uptime by the kernel's own tick rate; ``text``, which is crash's, if crash cannot tell the ticks."""
    try:
        return ms2uptime(get_uptime() * 1000 // HZ)
    except (error, NotImplementedError):
        return text


def _debuginfo_folders(release: str, kernel_folder: str, live: bool) -> list[str]:
    packaged = [
        f"/usr/lib/debug/lib/modules/{release}",
        f"/usr/lib/kernel-image-{release}-dbg/lib/modules/{release}/",
    ]
    own = f"/lib/modules/{release}"
    return [".", *packaged, own] if live else [*packaged, kernel_folder, own]


class SystemInfo:
    """The facts as attributes (``sys_info.RELEASE``) and as items (``sys_info["LOAD AVERAGE"]``)."""

    def __init__(self) -> None:
        self._loaded = False

    def __getattr__(self, name: str) -> Any:
        # Python calls this only for attributes that are not set yet.
        if name.startswith("__") or self.__dict__.get("_loaded", True):
            raise AttributeError(f"sys_info has no {name!r}")
        self.reload()
        return getattr(self, name)

    def reload(self) -> None:
        """Run ``sys`` again: DATE and LOAD AVERAGE of a live system change."""
        facts = system_facts(exec_crash_command("sys"))
        self.__dict__.update(facts)
        self._loaded = True

    def _facts(self) -> dict[str, Any]:
        if not self._loaded:
            self.reload()
        return {name: value for name, value in self.__dict__.items() if not name.startswith("_")}

    def __getitem__(self, name: str) -> Any:
        return self._facts()[name]

    def __setitem__(self, name: str, value: object) -> None:
        self._facts()
        setattr(self, name, value)

    def __contains__(self, name: object) -> bool:
        return name in self._facts()

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts())

    def __len__(self) -> int:
        return len(self._facts())

    def get(self, name: str, default: Any = None) -> Any:
        """Return the fact ``name``, or ``default`` if there is no such fact."""
        return self._facts().get(name, default)

    def keys(self) -> list[str]:
        """Return the names of all facts."""
        return list(self._facts())

    def items(self) -> list[tuple[str, Any]]:
        """Return all facts with their values."""
        return list(self._facts().items())

    def __str__(self) -> str:
        return "\n".join(f"   {name:<12} {value}" for name, value in sorted(self.items()))


sys_info = SystemInfo()
__all__ = ["HZ", "PAGESIZE", "PAGE_CACHE_SHIFT", "KernelRev", "SystemInfo", "parse_sys", "sys_info", "system_facts"]
