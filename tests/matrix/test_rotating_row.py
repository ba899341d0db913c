# SPDX-License-Identifier: GPL-3.0-or-later
"""One more row of the matrix, another one after each change: built, and tested a little inside crash.

All rows, with all their tests, are for `./sconsw test-matrix`.
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


def first_to_be_had(names: list[str], given: dict[str, str]) -> tuple[Row, Project]:
    """The row whose turn it is; where its prebuilt Python cannot be had, the next one, and a warning tells."""
    for row in matrix_table.chosen_rows(",".join(names), matrix_table.load_rows()):
        values = options.checked_values({**given, "row": row.name, **row.values})
        try:
            return row, project_plan.read_project(values, PROJECT, ())
        except BuildError as error:
            warnings.warn(f"{row.name} is passed over: {error.what}", stacklevel=1)
    raise AssertionError(f"none of {', '.join(names)} can be had")


def test_row_whose_turn_it_is(configuration: dict[str, Any]) -> None:
    if not configuration.get("rotation"):
        pytest.skip("needs ./sconsw test, without crash=, python= and row=")
    row, project = first_to_be_had(configuration["rotation"], configuration["given"])
    outcome = run_matrix.run_row(row, project, ["test", f"tests={pick_row.TESTS}"])
    print(run_matrix.outcome_table([outcome]))
    assert not outcome.failed, f"the row {row.name} failed; to repeat it: {pick_row.repeat_command(row.name)}"
