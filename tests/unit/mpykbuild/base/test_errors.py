# SPDX-License-Identifier: GPL-3.0-or-later
"""A BuildError is shown to the user as sentences, and ends the program with a status."""

from __future__ import annotations

import pytest

from mpykbuild.base.errors import BuildError, errors_end_the_program


def test_sentences_on_stderr_and_a_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, errors_end_the_program():
        raise BuildError("crash=/x has no defs.h.", "give the folder of crash's source.")
    assert caught.value.code == 2
    assert capsys.readouterr().err == (
        "mpykdump: error: crash=/x has no defs.h.\n  Next: give the folder of crash's source.\n"
    )


def test_an_error_may_have_another_status() -> None:
    assert (BuildError("x").status, BuildError("x", status=1).status) == (2, 1)


def test_other_errors_are_not_hidden() -> None:
    with pytest.raises(KeyError), errors_end_the_program():
        raise KeyError("x")
