# SPDX-License-Identifier: GPL-3.0-or-later
"""The one row of the matrix that ``./sconsw test`` tries beside the pairs that it always tests.

Which one is settled by the project's own files: the same commit tries the same row on every machine, so that a failure
can be repeated, and each change of any file draws anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mpykbuild.base.cache import digest_of
from mpykbuild.base.paths import PROJECT
from mpykbuild.plan.matrix_table import Row

# It is built whole, and tested with three starts of crash: half a minute.
TESTS = (
    "tests/embedded/test_pykdump_units.py"
    " tests/embedded/test_extend.py::test_extend_unload_and_extend_again"
    " tests/embedded/test_fit.py::test_version_report_says_that_all_is_there"
    " tests/vmcore/test_taskinfo.py -q -n0"
)
# What makes a row one that has no turn.
ELSEWHERE = {"target", "host"}
DRAWN_FROM = (
    "SConstruct", "ext", "pykdump", "site_scons", "stdlib_manifests", "python-src-patches", "requirements", "tests",
)  # fmt: skip


def sources_digest(project: Path = PROJECT) -> str:
    """Return a hex digest of all files of the project that a build or a test reads."""
    roots = [project / name for name in DRAWN_FROM]
    files = [path for root in roots for path in (root.rglob("*") if root.is_dir() else [root]) if path.is_file()]
    kept = [path for path in files if path.suffix != ".pyc"]
    return digest_of({str(path.relative_to(project)): path.read_bytes() for path in kept})


def rows_in_turn(rows: Sequence[Row], drawn: str) -> list[Row]:
    """Return the rows that are not always tested; it is the first one's turn, the others follow if it cannot be had.

    Rows with a ``target`` or a ``host`` have no turn: they need a crash and a vmcore that nothing else needs, and a
    compiler or an emulator, for minutes.
    """
    waiting = [row for row in rows if not row.always and not ELSEWHERE & row.values.keys()]
    start = int(drawn, 16) % max(1, len(waiting))
    return [*waiting[start:], *waiting[:start]]


def repeat_command(row: str) -> str:
    """Return the command that repeats what was done for a row."""
    return f"./sconsw test-matrix row={row} tests='{TESTS}'"
