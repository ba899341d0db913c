# SPDX-License-Identifier: GPL-3.0-or-later
"""Choose the one row of the matrix that ``./sconsw test`` tests in addition to the rows that it always tests.

A hash of the sources chooses the row. So any change of the sources may pick another row, and the same commit picks the
same row on every machine, where a failure can be repeated. We keep this because CI then tries every row over time,
for half a minute in each run; testing all rows in each run would take far longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mpykbuild.base.cache import digest_of
from mpykbuild.base.paths import PROJECT
from mpykbuild.plan.matrix_table import Row

# The tests for the additional row. They start crash three times, which takes half a minute with the build of the row.
TESTS = (
    "tests/embedded/test_pykdump_units.py"
    " tests/embedded/test_extend.py::test_extend_unload_and_extend_again"
    " tests/embedded/test_fit.py::test_version_report_says_that_all_is_there"
    " tests/vmcore/test_taskinfo.py -q -n0"
)
# A row with one of these options is never picked: it needs another crash, another vmcore, and a cross compiler or an
# emulator, which takes minutes.
EXCLUDING_OPTIONS = {"target", "host"}
HASHED_PATHS = (
    "SConstruct", "ext", "pykdump", "site_scons", "stdlib_manifests", "python-src-patches", "requirements", "tests",
)  # fmt: skip


def sources_digest(project: Path = PROJECT) -> str:
    """Return a hex digest of all files of the project that a build or a test reads."""
    roots = [project / name for name in HASHED_PATHS]
    files = [path for root in roots for path in (root.rglob("*") if root.is_dir() else [root]) if path.is_file()]
    kept = [path for path in files if path.suffix != ".pyc"]
    return digest_of({str(path.relative_to(project)): path.read_bytes() for path in kept})


def rows_to_try(rows: Sequence[Row], digest: str) -> list[Row]:
    """Return the rows that may be picked. ``digest`` chooses the first one.

    The others follow in the order of the matrix, for the case that the first one cannot be built on this machine.
    """
    candidates = [row for row in rows if not row.always and not EXCLUDING_OPTIONS & row.values.keys()]
    start = int(digest, 16) % max(1, len(candidates))
    return [*candidates[start:], *candidates[:start]]


def repeat_command(row: str) -> str:
    """Return the command that builds and tests a row in the same way."""
    return f"./sconsw test-matrix row={row} tests='{TESTS}'"
