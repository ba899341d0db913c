# SPDX-License-Identifier: GPL-3.0-or-later
"""All kinds of findings. An identifier is part of the JSON output: programs rely on it, so it never changes."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

SEVERITIES = ("info", "warning", "error", "critical")


class FindingKind:
    """The severity of a kind of finding, and one sentence that explains it."""

    __slots__ = ("meaning", "severity")

    def __init__(self, severity: str, meaning: str) -> None:
        self.severity = severity
        self.meaning = meaning


# One row a line, sorted by identifier.
FINDING_KINDS: Final[dict[str, FindingKind]] = {
    "hung-task": FindingKind("error", "A task has waited uninterruptibly for longer than the kernel's limit."),
    "tainted": FindingKind("info", "The kernel is tainted."),
}
