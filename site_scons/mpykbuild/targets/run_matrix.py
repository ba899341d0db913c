# SPDX-License-Identifier: GPL-3.0-or-later
"""``./sconsw matrix`` and ``./sconsw test-matrix``: every row in a build of its own, and a table of what came of it.

The rows follow each other; each build uses all cores. What they have in common (CPython, crash, libdeflate, objects)
is in the cache when the second one asks for it.
"""

from __future__ import annotations

import sys
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mpykbuild.artefact import extension_file
from mpykbuild.base.errors import BuildError, print_error
from mpykbuild.base.paths import PROJECT
from mpykbuild.base.process import TO_STDOUT, started, users_environment
from mpykbuild.plan import matrix_table
from mpykbuild.plan import project as project_plan
from mpykbuild.plan.matrix_table import Row
from mpykbuild.plan.project import Project

# What a row is tested with, unless tests= says otherwise; the rest of the tests know nothing of crash and Python.
TESTS = "tests/embedded tests/vmcore tests/build -q"
TAIL_LINES = 30
COLUMNS = ("row", "artefact", "MB", "glibc", "modules", "seconds", "made")


@dataclass(frozen=True)
class Outcome:
    """What came of a row: the cells of the table after the first. ``made`` says what was not in the cache."""

    row: Row
    seconds: float
    made: str
    artefact: str = "-"
    size: str = "-"
    glibc: str = "-"
    modules: str = "-"
    failed: bool = False

    def cells(self) -> tuple[str, ...]:
        """Return the row of the table."""
        return (self.row.name, self.artefact, self.size, self.glibc, self.modules, f"{self.seconds:.0f}", self.made)


def build_rows(words: Sequence[str], values: Mapping[str, str], launched_from: Path) -> int:
    """Build the rows; return 1 when one failed."""
    return _all("matrix", words, values, launched_from, lambda row: [])


def test_rows(words: Sequence[str], values: Mapping[str, str], launched_from: Path) -> int:
    """Build and test the rows; return 1 when one failed."""

    def arguments(row: Row) -> list[str]:
        # Another machine is emulated: `test` knows which tests are worth it.
        return ["test", f"tests={values['tests'] or ('' if row.values.get('host') else TESTS)}"]

    return _all("test-matrix", words, values, launched_from, arguments)


TARGETS: dict[str, Callable[[Sequence[str], Mapping[str, str], Path], int]] = {
    "matrix": build_rows,
    "test-matrix": test_rows,
}


def _all(
    target: str,
    words: Sequence[str],
    values: Mapping[str, str],
    launched_from: Path,
    arguments: Callable[[Row], Sequence[str]],
) -> int:
    if words:
        raise BuildError(f"{target} stands alone, not with {' '.join(words)}.", "choose rows with row=A,B.")
    begin = time.monotonic()
    outcomes = []
    for row in matrix_table.chosen_rows(values["row"], matrix_table.load_rows()):
        print(f"{target}: {row.name} …", flush=True)
        own = {**values, "row": row.name, **row.values}
        try:
            outcomes.append(run_row(row, project_plan.read_project(own, launched_from, ()), arguments(row)))
        except BuildError as error:
            # A prebuilt Python that no mirror has, for example: that is no reason to do without the other rows.
            print_error(error)
            outcomes.append(Outcome(row, 0, "failed: see above", failed=True))
    failed = [outcome.row.name for outcome in outcomes if outcome.failed]
    print(f"\n{outcome_table(outcomes)}\n", flush=True)
    verdict = f"{len(failed)} failed: {', '.join(failed)}" if failed else "all rows are green"
    print(f"{len(outcomes)} rows in {time.monotonic() - begin:.0f} s, {verdict}", flush=True)
    return 1 if failed else 0


def missing_products(project: Project) -> list[str]:
    """Return the titles of the products that are not in the cache yet."""
    crashes = [crash.plan for crash in project.crashes if crash.plan]
    plans = [*(python.plan for python in project.pythons), *crashes, project.libdeflate]
    return [plan.title for plan in plans if not plan.product.is_built()]


def run_row(row: Row, project: Project, arguments: Sequence[str]) -> Outcome:
    """Build one row in a process of its own, with its output in a log; when it fails, the log's end is shown."""
    log = project.build_folder / "log"
    log.parent.mkdir(parents=True, exist_ok=True)
    handed = project.settings.handed_on().items()
    given = [f"{name}={value}" for name, value in handed if name not in row.values]
    command = [sys.executable, "-I", "-m", "SCons", "-Q", "-C", str(PROJECT), f"row={row.name}", *given, *arguments]
    missing, begin = missing_products(project), time.monotonic()
    with log.open("wb") as stream:
        where, env = project.settings.launched_from, users_environment()
        with started(command, cwd=where, env=env, stdout=stream, stderr=TO_STDOUT) as process:
            status = process.wait()
    text = log.read_text(errors="replace")
    outcome = Outcome(row, time.monotonic() - begin, what_was_made(missing, text))
    if status:
        print("\n".join(text.splitlines()[-TAIL_LINES:]), f"matrix: {row.name} failed; see {log}", sep="\n", flush=True)
        return replace(outcome, made=f"failed: {log.relative_to(PROJECT)}", failed=True)
    return with_measures(outcome, project)


def what_was_made(missing: Sequence[str], log: str) -> str:
    """Return what was not taken from the cache: products, and objects by their number."""
    compiled = sum(line.startswith("Compiling ") for line in log.splitlines())
    objects = [f"{compiled} object{'s' if compiled > 1 else ''}"] if compiled else []
    built = [*missing, *objects]
    return f"built {', '.join(built)}" if built else "from cache"


def with_measures(outcome: Outcome, project: Project) -> Outcome:
    """Add what the finished file itself tells: modules are those in C, then those in its bundle."""
    path = project.build_folder / project.default.name / "mpykdump.so"
    builtin = (project.default.python.folder / "builtin.txt").read_text().split()
    with zipfile.ZipFile(path) as bundle:
        bundled = sum(name.endswith(".pyc") for name in bundle.namelist())
    return replace(
        outcome, artefact=project.default.name, size=f"{path.stat().st_size / 1e6:.1f}",
        glibc=extension_file.read_facts(path).glibc, modules=f"{len(builtin)}+{bundled}",
    )  # fmt: skip


def outcome_table(outcomes: Sequence[Outcome]) -> str:
    """Return the table as text, its numbers to the right."""
    lines = [COLUMNS, *(outcome.cells() for outcome in outcomes)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    right = {COLUMNS.index(name) for name in ("MB", "glibc", "modules", "seconds")}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
