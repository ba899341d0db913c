# SPDX-License-Identifier: GPL-3.0-or-later
"""The option table: defaults, refusals, help."""

from __future__ import annotations

import pytest

from mpykbuild import options
from mpykbuild.errors import BuildError


def test_defaults_are_those_of_the_table() -> None:
    assert options.check({}) == {option.name: option.default for option in options.OPTIONS}


def test_given_value_wins() -> None:
    assert options.check({"python": "3.11"})["python"] == "3.11"


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(BuildError) as caught:
        options.check({"pyhton": "3.11", "V": "yes"})
    assert "'pyhton'" in caught.value.what
    assert "V=yes" in caught.value.what
    assert "-h" in caught.value.next_step


def test_help_shows_every_option_and_target() -> None:
    text = options.help_text()
    for option in options.OPTIONS:
        assert f"  {option.name}=" in text
    for name, _ in options.TARGETS:
        assert f"  {name} " in text
