# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of products: the code of the modules counts, also that of imported modules. Comments and docstrings do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpykbuild.base import recipe
from mpykbuild.base.module_deps import file_of

CODE = '''# A comment.
"""A docstring
of two lines."""

SCRIPT = """
# a comment of the script
"""


class Made:
    """Documented."""

    # Why.
    value = 1  # trailing words count: they share a line with code


def make() -> str:
    """Make it."""
    return f"""
    # {SCRIPT}
    """
'''


def code_of(tmp_path: Path, text: str) -> str:
    path = tmp_path / f"{len(list(tmp_path.iterdir()))}.py"
    path.write_text(text)
    return recipe.code_of(path)


def test_comments_and_docstrings_do_not_count(tmp_path: Path) -> None:
    before = code_of(tmp_path, CODE)
    for old, new in (
        ("A docstring\nof two lines.", "Other words."), ("# A comment.", "# Another."), ("# Why.\n", "# Because.\n"),
        ("Make it.", "Make it\n\n    well."), ("\n\n\nclass", "\n\nclass"), ("Documented.", "Undocumented."),
    ):  # fmt: skip
        assert old in CODE
        assert code_of(tmp_path, CODE.replace(old, new)) == before


@pytest.mark.parametrize("old", ["value = 1", "a comment of the script", "# {SCRIPT}", "def make"])
def test_code_and_strings_count(tmp_path: Path, old: str) -> None:
    assert old in CODE
    assert code_of(tmp_path, CODE.replace(old, f"{old[:-1]}X{old[-1]}")) != code_of(tmp_path, CODE)


def test_imported_modules_count(tmp_path: Path) -> None:
    assert {"recipe python.native", "recipe python.steps", "recipe toolchain.archives"} <= recipe.recipe_of(
        "python.native"
    ).keys()


def test_the_key_depends_on_inputs_and_modules(tmp_path: Path) -> None:
    first = recipe.product(tmp_path, "kind", "name", ("python.steps",), {"source": "1"})
    assert first == recipe.product(tmp_path, "kind", "name", ("mpykbuild.python.steps",), {"source": "1"})
    assert first.path.parent == tmp_path / "kind"
    others = [
        recipe.product(tmp_path, "kind", "name", ("python.steps",), {"source": "2"}),
        recipe.product(tmp_path, "kind", "name", ("python.native",), {"source": "1"}),
    ]
    assert len({product.key for product in (first, *others)}) == 3


def test_modules_without_influence_exist() -> None:
    assert [name for name in recipe.WITHOUT_INFLUENCE if file_of(name) is None] == []
