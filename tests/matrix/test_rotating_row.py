# SPDX-License-Identifier: GPL-3.0-or-later
"""One additional row of the matrix, picked by a hash of the sources, is built and tested in short inside crash.

`./sconsw test-matrix` runs all tests for all rows.
"""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import PROJECT
from mpykbuild.plan import matrix_table, options
from mpykbuild.plan import project as project_plan
from mpykbuild.plan.matrix_table import Row
from mpykbuild.plan.project import Project
from mpykbuild.targets import pick_row, run_matrix


def first_possible_row(names: list[str], inherited_options: dict[str, str]) -> tuple[Row, Project]:
    """Return the first row that can be planned. A warning names each row that cannot, as no mirror has its Python."""
    for row in matrix_table.chosen_rows(",".join(names), matrix_table.load_rows()):
        values = options.checked_values({**inherited_options, "row": row.name, **row.values})
        try:
            return row, project_plan.read_project(values, PROJECT, ())
        except BuildError as error:
            warnings.warn(f"{row.name} is skipped: {error.what}", stacklevel=1)
    raise AssertionError(f"none of the rows {', '.join(names)} can be built here")


def test_picked_row(configuration: dict[str, Any]) -> None:
    if not configuration.get("rows_to_try"):
        pytest.skip("needs ./sconsw test, without crash=, python= and row=")
    row, project = first_possible_row(configuration["rows_to_try"], configuration["inherited_options"])
    outcome = run_matrix.run_row(row, project, ["test", f"tests={pick_row.TESTS}"])
    print(run_matrix.outcome_table([outcome]))
    assert not outcome.failed, f"the row {row.name} failed; to repeat it: {pick_row.repeat_command(row.name)}"
