# SPDX-License-Identifier: GPL-3.0-or-later
"""Helper modules that a build step consists of."""

from __future__ import annotations

from mpykbuild import selfdeps


def names(*modules: str) -> set[str]:
    return {path.stem for path in selfdeps.closure(*modules)}


def test_a_module_without_imports_is_itself() -> None:
    assert names("errors") == {"errors"}


def test_imports_are_followed() -> None:
    assert names("runlog") == {"runlog", "errors"}
    assert names("artifact", "selfdeps") >= {"artifact", "errors", "selfdeps", "paths"}


def test_unknown_names_are_left_out() -> None:
    assert names("no_such_module") == set()
