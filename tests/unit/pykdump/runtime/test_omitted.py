# SPDX-License-Identifier: GPL-3.0-or-later
"""The message for a module that the build leaves out. The table is one of the test's own."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator

import pytest

from pykdump.runtime import omitted


@pytest.fixture(autouse=True)
def finder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    table = {"mpyk_absent": ["it needs a library", "stdlib.lst"], "mpyk_lost": ["the library lacks it", ""]}
    monkeypatch.setattr(omitted, "_read_table", lambda: table)
    others = [finder for finder in sys.meta_path if not isinstance(finder, omitted._OmittedFinder)]
    monkeypatch.setattr(sys, "meta_path", others)
    omitted.install()
    return


def test_an_import_says_why_and_how_to_get_the_module() -> None:
    release = f"{sys.version_info[0]}.{sys.version_info[1]}"
    with pytest.raises(ModuleNotFoundError) as caught:
        import mpyk_absent  # type: ignore[import-not-found]  # noqa: F401
    assert caught.value.name == "mpyk_absent"
    assert str(caught.value) == (
        "No module named 'mpyk_absent': this build of PyKdump leaves it out (it needs a library); to have it, change "
        f"stdlib_manifests/{release}/stdlib.lst and build again."
    )


def test_what_a_prebuilt_python_lacks_is_said_too() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"\(the library lacks it\); to have it, embed a Python built from"):
        import mpyk_lost  # type: ignore[import-not-found]  # noqa: F401


def test_a_question_whether_the_module_is_there_is_answered_with_none() -> None:
    assert importlib.util.find_spec("mpyk_absent") is None


def test_another_name_fails_as_always() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"^No module named 'mpyk_never'$"):
        import mpyk_never  # type: ignore[import-not-found]  # noqa: F401


def test_without_a_table_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert omitted._read_table() == {}


def test_a_second_installation_does_nothing() -> None:
    before = list(sys.meta_path)
    omitted.install()
    assert sys.meta_path == before


def test_traceback_of_python_315_gives_our_sentence() -> None:
    (finder,) = (one for one in sys.meta_path if isinstance(one, omitted._OmittedFinder))
    messages = omitted._Messages(finder)
    assert messages.get("mpyk_lost", "").startswith("No module named 'mpyk_lost': this build of PyKdump leaves it out")
    assert messages.get("mpyk_never", "the usual text") == "the usual text"
