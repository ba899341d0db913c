# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of options: defaults, refused values, and the help."""

from __future__ import annotations

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import MANIFESTS
from mpykbuild.crash import bridges
from mpykbuild.plan import options
from mpykbuild.python import manifest
from support.pins import OTHER_PYTHON, PINNED


def test_default_releases_are_those_of_the_pinned_sources() -> None:
    """python= is a series, which means its newest release."""
    values = options.checked_values({})
    assert values["crash"] == next(row.version for row in PINNED.rows if row.name == "crash" and row.default)
    assert PINNED.python(values["python"]).default
    assert values["target"] == values["host"] == ""


def test_given_value_replaces_the_default() -> None:
    assert options.checked_values({"python": OTHER_PYTHON})["python"] == OTHER_PYTHON


def test_all_mistakes_are_reported_at_once() -> None:
    with pytest.raises(BuildError) as caught:
        options.checked_values({"pyhton": "x", "V": "yes"})
    assert "'pyhton'" in caught.value.what
    assert "V=yes" in caught.value.what
    assert "-h" in caught.value.next_step


def test_help_shows_every_option_and_target() -> None:
    lines = options.help_text().splitlines()
    assert max(map(len, lines)) <= options.WIDTH
    for option in options.OPTIONS:
        (line,) = [line for line in lines if line.startswith(f"  {option.name}=")]
        assert (option.shown_default or option.default) in line
        assert option.help.startswith(line[2 + options.NAME_WIDTH + options.DEFAULT_WIDTH :])
    for name, _ in options.TARGETS:
        assert len([line for line in lines if line.startswith(f"  {name} ")]) == 1


def test_help_shows_which_releases_are_unverified() -> None:
    lines = options.help_text().splitlines()
    for minor in manifest.known_minors(MANIFESTS):
        line = next(line for line in lines if line.split()[:1] == [minor])
        assert ("unverified: " in line) == bool(manifest.why_unverified(MANIFESTS / minor))
    for major in bridges.bridge_sources():
        line = next(line for line in lines if line.split()[:1] == [str(major)])
        assert ("unverified: " in line) == bool(bridges.why_unverified(major))
