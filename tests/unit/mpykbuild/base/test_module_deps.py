# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a module and of the modules that it imports."""

from __future__ import annotations

import pytest

from mpykbuild.base import module_deps


def names(*modules: str) -> set[str]:
    return {f"{path.parent.name}.{path.stem}" for path in module_deps.files_of(*modules)}


def test_a_module_without_imports_has_one_file() -> None:
    assert names("base.errors") == {"base.errors"}
    assert names("mpykbuild.base.errors") == {"base.errors"}


def test_imports_are_followed_through_all_rooms() -> None:
    assert names("base.run_log") == {"base.run_log", "base.process", "base.errors"}
    assert names("artefact.extension_file") >= {"artefact.extension_file", "crash.requirements_section", "base.errors"}


def test_a_name_that_is_not_a_module_is_refused() -> None:
    with pytest.raises(ValueError, match="no_such_module is not a module"):
        names("no_such_module")
