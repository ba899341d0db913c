# SPDX-License-Identifier: GPL-3.0-or-later
"""The option table: defaults, refusals, help."""

from __future__ import annotations

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import MANIFESTS
from mpykbuild.crash import tree as crash_tree
from mpykbuild.plan import options
from mpykbuild.python import manifest


def test_defaults_are_those_of_the_table() -> None:
    assert options.checked_values({}) == {option.name: option.default for option in options.OPTIONS}


def test_given_value_wins() -> None:
    assert options.checked_values({"python": "3.11"})["python"] == "3.11"


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(BuildError) as caught:
        options.checked_values({"pyhton": "3.11", "V": "yes"})
    assert "'pyhton'" in caught.value.what
    assert "V=yes" in caught.value.what
    assert "-h" in caught.value.next_step


def test_help_shows_every_option_and_target() -> None:
    text = options.help_text()
    for option in options.OPTIONS:
        assert f"  {option.name}=" in text
    for name, _ in options.TARGETS:
        assert f"  {name} " in text


def test_help_shows_what_was_not_tried() -> None:
    lines = options.help_text().splitlines()
    for minor in manifest.known_minors(MANIFESTS):
        line = next(line for line in lines if line.split()[:1] == [minor])
        assert ("unverified: " in line) == bool(manifest.why_unverified(MANIFESTS / minor))
    for major in crash_tree.BRIDGED_GDB_MAJORS:
        line = next(line for line in lines if line.split()[:1] == [str(major)])
        assert ("unverified: " in line) == (major in crash_tree.UNVERIFIED_GDB_MAJORS)
