# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the dumps that ``./sconsw test`` reads besides the default vmcore: other scenarios, and another kernel series.

Some of them are made in each run. Of the others, a hash of the sources picks one, as it picks a row of the matrix
(see pick_row.py). ``dumps=`` names others, or ``all``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.plan import options
from mpykbuild.plan import project as project_plan
from mpykbuild.plan.project import Project
from mpykbuild.targets import pick_row
from mpykbuild.vmcore import make_vmcore
from mpykbuild.vmcore.make_vmcore import DEFAULT_SERIES
from mpykbuild.vmcore.scenarios import SCALE, SCENARIOS

OTHER_SERIES = "6.1"
ALL = "all"
# The guest of the others records too little of itself for the tests. Only the benchmark reads such a dump.
TESTED = tuple(name for name in SCENARIOS if name != SCALE)


@dataclass(frozen=True)
class Dump:
    """A dump of a kernel series that ended as a scenario says."""

    series: str
    scenario: str

    @property
    def name(self) -> str:
        return f"{self.series}-{self.scenario}"


# The filtered dump is made from the one of the panic in a few seconds.
ALWAYS = (Dump(DEFAULT_SERIES, "sysrq"), Dump(DEFAULT_SERIES, "filtered"))
IN_TURN = (
    Dump(DEFAULT_SERIES, "nullderef"),
    *(Dump(OTHER_SERIES, scenario) for scenario in TESTED),
)


def parse_dump(name: str) -> Dump:
    """Return the dump for a name such as ``6.1-sysrq``. Raises BuildError for another form."""
    series, _, scenario = name.rpartition("-")
    if not series or scenario not in TESTED:
        raise BuildError(
            f"dumps={name} does not name a dump that tests read.",
            f"write a kernel series and one of {', '.join(TESTED)}, such as {ALWAYS[0].name}, or {ALL}.",
        )
    return Dump(series, scenario)


def picked(digest: str) -> list[Dump]:
    """Return the dumps of which one is made in turn. ``digest`` chooses the first one."""
    start = int(digest, 16) % len(IN_TURN)
    return [*IN_TURN[start:], *IN_TURN[:start]]


def _make(dump: Dump, project: Project) -> Path:
    return make_vmcore.make_vmcore(dump.series, project.cache, project.verbose, scenario=dump.scenario)


def _first_possible(dumps: Iterable[Dump], project: Project) -> dict[str, Path]:
    """Make the first dump that can be made on this machine. A kernel may have left the mirrors, for example."""
    for dump in dumps:
        try:
            print(f"In addition, the dump {dump.name} is tested: ./sconsw test dumps={dump.name}", flush=True)
            return {dump.name: _make(dump, project)}
        except BuildError as error:
            print(f"The dump {dump.name} cannot be made: {error.what}", flush=True)
    return {}


def _named(names: Sequence[str]) -> list[Dump]:
    if [*names] == [ALL]:
        return [*ALWAYS, *IN_TURN]
    return [parse_dump(name) for name in names]


def provide_dumps(project: Project) -> dict[str, str]:
    """Make the dumps, and return their folders by their names. The default vmcore comes first.

    Raises BuildError if a dump cannot be made that is made in each run, or that ``dumps=`` names, and if tests cannot
    compare the default vmcore with anything.
    """
    values = project.settings.values
    if values["scenario"] not in TESTED:
        raise BuildError(
            f"The guest of scenario={values['scenario']} records too little of itself for the tests.",
            f"test scenario={' or '.join(TESTED)}; ./sconsw bench scale=1 measures that dump.",
        )
    found = {f"{project.kernel}-{values['scenario']}": project.link_to_vmcore}
    names = [name for name in values["dumps"].split(",") if name]
    usual = project_plan.names_no_pair(values) and all(
        values[name] == options.DEFAULTS[name] for name in ("kernel", "scenario", "tests")
    )
    if names or usual:
        found.update({dump.name: _make(dump, project) for dump in (_named(names) if names else ALWAYS)})
    if usual and not names:
        found.update(_first_possible(picked(pick_row.sources_digest()), project))
    return {name: str(folder) for name, folder in found.items()}
