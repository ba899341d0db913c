# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of ``epython -V``: versions, what the running crash lacks, and the path of the extension."""

from __future__ import annotations

import sys

import crash

from pykdump.runtime.programs import BUNDLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Need = tuple[str, bool, str, str, str]  # name, present, since, fallback, feature


def report() -> str:
    """Return the report, a line for each fact."""
    facts = crash._version_facts()
    lines = _version_lines(facts)
    lines += _clock_lines()
    lines += _need_lines("from crash", facts["from_crash"])
    lines += _need_lines(f"from gdb {facts['gdb_major']}", facts["from_gdb"])
    lines += [
        f"struct {name}: {running} bytes, {built} where this was built; the first {used} are used"
        for name, running, built, used in facts["structures"]
        if running not in (0, built)  # 0: crash does not show the size
    ]
    return "".join(f"{line}\n" for line in [*lines, f"loaded from {BUNDLE}"])


def _version_lines(facts: dict[str, Any]) -> list[str]:
    built = f"built for crash {crash.Crash_build}, {facts['machine']}"
    lines = [
        f"mpykdump {crash.version} (source {crash.source_id}), {built}",
        f"Python {sys.version}",
        f"crash {crash.Crash_run}, gdb {facts['gdb'] or 'unknown'}, target {facts['target']}",
    ]
    if not facts["own_release"]:
        lines.append("this file was built for another release of crash")
    return lines


def _clock_lines() -> list[str]:
    """Return a line if crash and the kernel differ on the tick rate."""
    assumed = crash.sysfacts()["hz"]
    if assumed in (0, crash.HZ):  # 0: minimal mode, where crash has no rate
        return []
    return [
        f"the kernel has HZ={crash.HZ}, crash assumes {assumed}: uptime and start times that crash prints are wrong"
    ]


def _need_lines(source: str, needs: list[Need]) -> list[str]:
    """Return the number of names that the running crash has, and a line for each name that is missing."""
    missing = [row for row in needs if not row[1]]
    lines = [f"{source}: {len(needs) - len(missing)} of {len(needs)} functions and variables are there"]
    for name, _, since, fallback, feature in missing:
        lines.append(f"  without {name} (crash {since} has it): {fallback}; lost: {feature}")
    return lines
