# SPDX-License-Identifier: GPL-3.0-or-later
"""``./sconsw matrix`` and ``./sconsw test-matrix``: build each row in its own process and print a table of the results.

The rows are built one after the other, because each build uses all cores. What two rows have in common (CPython, crash,
libdeflate, objects) is built once: the second row finds it in the cache.
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

# The tests for a row, unless tests= names others. All other tests do not depend on the crash and the Python of the row.
TESTS = "tests/embedded tests/vmcore tests/build -q"
# The lines of a log that are printed when its row failed.
TAIL_LINES = 30
COLUMNS = ("row", "artefact", "MB", "glibc", "modules", "seconds", "made")


@dataclass(frozen=True)
class Outcome:
    """The result of one row, which becomes a row of the table.

    ``size`` is in MB. ``glibc`` is the newest version that the artefact needs. ``modules`` counts the modules in C and
    those in Python. ``made`` says what was not in the cache, or where the log of a failed row is.
    """

    row: Row
    seconds: float
    made: str
    artefact: str = "-"
    size: str = "-"
    glibc: str = "-"
    modules: str = "-"
    failed: bool = False

    def cells(self) -> tuple[str, ...]:
        """Return the texts for COLUMNS."""
        return (self.row.name, self.artefact, self.size, self.glibc, self.modules, f"{self.seconds:.0f}", self.made)


def build_rows(words: Sequence[str], values: Mapping[str, str], launched_from: Path) -> int:
    """Build the rows. Return 1 when one failed, otherwise 0."""
    return _run_rows("matrix", words, values, launched_from, lambda row: [])


def test_rows(words: Sequence[str], values: Mapping[str, str], launched_from: Path) -> int:
    """Build and test the rows. Return 1 when one failed, otherwise 0."""

    def arguments(row: Row) -> list[str]:
        # Another machine is emulated, which is slow: `test` itself chooses the tests for it.
        return ["test", f"tests={values['tests'] or ('' if row.values.get('host') else TESTS)}"]

    return _run_rows("test-matrix", words, values, launched_from, arguments)


TARGETS: dict[str, Callable[[Sequence[str], Mapping[str, str], Path], int]] = {
    "matrix": build_rows,
    "test-matrix": test_rows,
}


def _run_rows(
    target: str,
    words: Sequence[str],
    values: Mapping[str, str],
    launched_from: Path,
    arguments: Callable[[Row], Sequence[str]],
) -> int:
    if words:
        raise BuildError(f"{target} takes no other targets, but got {' '.join(words)}.", "choose rows with row=A,B.")
    begin = time.monotonic()
    outcomes = []
    for row in matrix_table.chosen_rows(values["row"], matrix_table.load_rows()):
        print(f"{target}: {row.name} …", flush=True)
        row_values = {**values, "row": row.name, **row.values}
        try:
            outcomes.append(run_row(row, project_plan.read_project(row_values, launched_from, ()), arguments(row)))
        except BuildError as error:
            # For example, no mirror has the prebuilt Python. The other rows can still be built.
            print_error(error)
            outcomes.append(Outcome(row, 0, "failed: see above", failed=True))
    failed = [outcome.row.name for outcome in outcomes if outcome.failed]
    print(f"\n{outcome_table(outcomes)}\n", flush=True)
    verdict = f"{len(failed)} failed: {', '.join(failed)}" if failed else "all rows passed"
    print(f"{len(outcomes)} rows in {time.monotonic() - begin:.0f} s, {verdict}", flush=True)
    return 1 if failed else 0


def missing_products(project: Project) -> list[str]:
    """Return the titles of the products that are not in the cache yet."""
    crashes = [crash.plan for crash in project.crashes if crash.plan]
    helpers = [python.helper for python in project.pythons if python.helper]
    plans = [*helpers, *(python.plan for python in project.pythons), *crashes, project.libdeflate]
    return [plan.title for plan in plans if not plan.product.is_built()]


def run_row(row: Row, project: Project, arguments: Sequence[str]) -> Outcome:
    """Build one row in its own process with a log. Print the end of the log when the build fails."""
    log = project.build_folder / "log"
    log.parent.mkdir(parents=True, exist_ok=True)
    options = project.settings.inherited_options().items()
    words = [f"{name}={value}" for name, value in options if name not in row.values]
    command = [sys.executable, "-I", "-m", "SCons", "-Q", "-C", str(PROJECT), f"row={row.name}", *words, *arguments]
    missing, begin = missing_products(project), time.monotonic()
    with log.open("wb") as stream:
        folder, env = project.settings.launched_from, users_environment()
        with started(command, cwd=folder, env=env, stdout=stream, stderr=TO_STDOUT) as process:
            status = process.wait()
    text = log.read_text(errors="replace")
    outcome = Outcome(row, time.monotonic() - begin, what_was_made(missing, text))
    if status:
        print(
            "\n".join(text.splitlines()[-TAIL_LINES:]),
            f"matrix: {row.name} failed; its log is {log}",
            sep="\n",
            flush=True,
        )
        return replace(outcome, made=f"failed: {log.relative_to(PROJECT)}", failed=True)
    return with_measures(outcome, project)


def what_was_made(missing: Sequence[str], log: str) -> str:
    """Return what did not come from the cache: ``missing`` products, and the number of objects compiled."""
    compiled = sum(line.startswith("Compiling ") for line in log.splitlines())
    objects = [f"{compiled} object{'s' if compiled > 1 else ''}"] if compiled else []
    built = [*missing, *objects]
    return f"built {', '.join(built)}" if built else "from cache"


def with_measures(outcome: Outcome, project: Project) -> Outcome:
    """Add the facts about the finished artefact to ``outcome``."""
    path = project.build_folder / project.default.name / "mpykdump.so"
    builtin = (project.default.python.folder / "builtin.txt").read_text().split()
    with zipfile.ZipFile(path) as bundle:
        bundled = sum(name.endswith(".pyc") for name in bundle.namelist())
    return replace(
        outcome, artefact=project.default.name, size=f"{path.stat().st_size / 1e6:.1f}",
        glibc=extension_file.read_facts(path).glibc, modules=f"{len(builtin)}+{bundled}",
    )  # fmt: skip


def outcome_table(outcomes: Sequence[Outcome]) -> str:
    """Return the table as text. Columns of numbers are aligned to the right."""
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
