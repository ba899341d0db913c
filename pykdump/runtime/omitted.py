# SPDX-License-Identifier: GPL-3.0-or-later
"""The import of a module that this build leaves out says so in one sentence, with the reason and how to get it.

The build writes the table ``omitted_modules.txt`` next to this module. It is read when an import has failed, so other
programs do not pay for it. Outside of the bundle there is no table, and nothing changes.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Any

TABLE = "omitted_modules.txt"
# The function of importlib that calls the finders for an import statement. importlib.util.find_spec() asks them too,
# but must get None as an answer: programs use it to find out whether a module is there.
IMPORTING = "_find_and_load_unlocked"


class _OmittedFinder:
    """Finder of no module. It is the last in sys.meta_path: each other finder has been asked."""

    def __init__(self) -> None:
        self._table: dict[str, list[str]] | None = None

    def table(self) -> dict[str, list[str]]:
        """Return {module: [reason, file of the manifest]}."""
        if self._table is None:
            self._table = _read_table()
        return self._table

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> None:
        known = self.table().get(name)
        if known and _is_import_statement():
            raise ModuleNotFoundError(explanation(name, *known), name=name)


def explanation(name: str, reason: str, file: str) -> str:
    """Return the message for a module that is left out. ``file`` of the manifest decides about it."""
    release = f"{sys.version_info[0]}.{sys.version_info[1]}"
    how = f"change stdlib_manifests/{release}/{file} and build again" if file else "embed a Python built from source"
    return f"No module named {name!r}: this build of PyKdump leaves it out ({reason}); to have it, {how}."


def _is_import_statement() -> bool:
    """Return whether an import statement (and not find_spec()) asks the finder."""
    frame = sys._getframe(3)  # this function, find_spec(), importlib's _find_spec(), its caller
    return frame.f_code.co_name == IMPORTING


def _read_table() -> dict[str, list[str]]:
    try:
        text: bytes = __loader__.get_data(os.path.join(os.path.dirname(__file__), TABLE))  # type: ignore[name-defined]
    except OSError:
        return {}
    rows = (line.split("\t") for line in text.decode().splitlines())
    return {name: words for name, *words in rows}


class _Messages:
    """What a traceback says of a missing module of the standard library.

    From 3.15 on, traceback.py asks a module ``_missing_stdlib_info`` and drops the message of the exception.
    """

    def __init__(self, finder: _OmittedFinder) -> None:
        self._finder = finder

    def get(self, name: str, default: str) -> str:
        known = self._finder.table().get(name)
        return explanation(name, *known) if known else default


def install() -> None:
    """Let imports of omitted modules explain themselves. A second call does nothing."""
    if not any(isinstance(finder, _OmittedFinder) for finder in sys.meta_path):
        finder = _OmittedFinder()
        sys.meta_path.append(finder)
        if sys.version_info >= (3, 15):
            info: Any = type(sys)("_missing_stdlib_info")
            info._MISSING_STDLIB_MODULE_MESSAGES = _Messages(finder)
            sys.modules["_missing_stdlib_info"] = info
