# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of scenarios: what a guest is asked for, how it ends, and what is left out of its dump."""

from __future__ import annotations

from dataclasses import dataclass

from mpykbuild.base.errors import BuildError

# The guest reads this word of /proc/cmdline: what its recorder does when the truth is recorded.
ENDING = "mpyk.ending"
# A guest that panics waits, so that its memory can be dumped. These replace the arguments of the same name before them.
# With the last one it stops its other CPUs as kdump does: by an NMI, and they stay online.
WAITS_AFTER_PANIC = "panic=0 oops=panic crash_kexec_post_notifiers"
LIVE = "live"
SCALE = "scale"
# The guest reads this word too: it creates a large number of objects (see guest/scale.c).
SCALE_WORD = "mpyk.scale"


@dataclass(frozen=True)
class Scenario:
    """A kind of dump.

    ``ending`` is the word for the guest's recorder (see guest/ending.c). If it is empty, QEMU stops the running guest.
    ``base`` names the scenario whose dump is filtered, as ``makedumpfile -d 31`` filters dumps. If it is empty, the
    guest is booted. ``words`` are further arguments of its kernel, ``memory_mb`` is its size.
    """

    name: str
    ending: str = ""
    base: str = ""
    words: str = ""
    memory_mb: int = 768

    @property
    def panics(self) -> bool:
        return bool(self.ending)

    @property
    def arguments(self) -> str:
        """The arguments of the guest's kernel."""
        return f"{WAITS_AFTER_PANIC} {ENDING}={self.ending} {self.words}" if self.panics else self.words


SCENARIOS = {
    row.name: row
    for row in (
        Scenario(LIVE),
        Scenario("sysrq", ending="sysrq"),
        Scenario("nullderef", ending="null-dereference"),
        Scenario("filtered", base="sysrq"),
        Scenario(SCALE, words=SCALE_WORD, memory_mb=6144),
    )
}


def scenario(name: str) -> Scenario:
    """Return the row of a scenario. Raises BuildError if the table has no such row."""
    if name not in SCENARIOS:
        raise BuildError(f"scenario={name} is not one of {', '.join(SCENARIOS)}.", "choose one of them.")
    return SCENARIOS[name]
