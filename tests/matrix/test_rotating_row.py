# SPDX-License-Identifier: GPL-3.0-or-later
"""One more row of the matrix, another one after each change: built, and tested a little inside crash.

All rows, with all their tests, are for `./sconsw test-matrix`.
"""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from mpykbuild import matrix, options, planning, rotation, rows
from mpykbuild.errors import BuildError
from mpykbuild.paths import PROJECT
from mpykbuild.planning import Project
from mpykbuild.rows import Row


def first_to_be_had(names: list[str], given: dict[str, str]) -> tuple[Row, Project]:
    """The row whose turn it is; where its prebuilt Python cannot be had, the next one, and a warning tells."""
    for row in rows.chosen(",".join(names), rows.load()):
        values = options.check({**given, "row": row.name, **row.values})
        try:
            return row, planning.read(values, PROJECT, ())
        except BuildError as error:
            warnings.warn(f"{row.name} is passed over: {error.what}", stacklevel=1)
    raise AssertionError(f"none of {', '.join(names)} can be had")


def test_row_whose_turn_it_is(configuration: dict[str, Any]) -> None:
    if not configuration.get("rotation"):
        pytest.skip("needs ./sconsw test, without crash=, python= and row=")
    row, project = first_to_be_had(configuration["rotation"], configuration["given"])
    outcome = matrix.one(row, project, ["test", f"tests={rotation.TESTS}"])
    print(matrix.table([outcome]))
    assert not outcome.failed, f"the row {row.name} failed; to repeat it: {rotation.again(row.name)}"
