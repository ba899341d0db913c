# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of options: defaults, refused values, and the help."""

from __future__ import annotations

from pathlib import Path

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
    assert "'pyhton' (did you mean 'python'?)" in caught.value.what
    assert "V=yes" in caught.value.what
    assert "-h" in caught.value.next_step


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["tset"], "there is no target 'tset' (did you mean 'test'?)."),
        (["demo", "reproducibel"], "(did you mean 'reproducible'?)"),
        (["relase", "xyzzy"], "there is no target 'relase'; there is no target 'xyzzy'."),
        (["crash"], "there is no target 'crash', but an option crash=VALUE."),
        (["demo", "fix"], "fix cannot follow another target (demo)."),
    ],
)
def test_words_that_are_no_target(words: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(BuildError) as caught:
        options.check_targets(words, {"fix", "matrix"}, tmp_path)
    assert message in caught.value.what
    assert "./sconsw" in caught.value.next_step


def test_words_that_are_targets_or_files(tmp_path: Path) -> None:
    """SCons itself knows the files below build/; the words after a target that runs alone belong to it."""
    (tmp_path / "build").mkdir()
    for words in ([], ["demo", "test"], ["build"], ["build/mpykdump.so"], ["new-python", "3.16.0"]):
        options.check_targets(words, {"new-python"}, tmp_path)


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
