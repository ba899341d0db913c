# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that every program has and none sees: taken out of its command line, in force until it ends."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_FLAGS = ("experimental", "reload", "dumpcache")
_NUMBERS = ("debug", "timeout", "maxel", "usens")
_TEXTS = ("ofile",)
# What --reload imports again.
_RELOADED = ("pykdump.linux.", "pykdump.commands.", "pykdump.legacy.", "LinuxDump")


class WrongOption(Exception):
    """The message is one sentence for the user."""


class CommonOptions:
    """Options of one run: take() finds them, apply() makes them work, undo() ends that."""

    def __init__(self) -> None:
        self._given: dict[str, Any] = {}
        self._undo: list[Callable[[], object]] = []

    def take(self, argv: list[str]) -> list[str]:
        """The command line without the common options. ``--`` ends them and stays."""
        kept: list[str] = []
        words = iter(argv)
        for word in words:
            name, equals, text = word[2:].partition("=") if word.startswith("--") else ("", "", "")
            if word == "--":
                return [*kept, word, *words]
            if name in _FLAGS and not equals:
                self._given[name] = True
            elif name in _NUMBERS or name in _TEXTS:
                value = text if equals else next(words, None)
                if value is None:
                    raise WrongOption(f"--{name} needs a value.")
                self._given[name] = value if name in _TEXTS else _number(name, value)
            else:
                kept.append(word)
        return kept

    def apply(self) -> None:
        """Put what was given into force. WrongOption for what cannot be."""
        for name, value in self._given.items():
            _APPLY[name](value, self._undo)

    def undo(self) -> None:
        """Everything as it was before."""
        while self._undo:
            self._undo.pop()()


def count_leading(words: list[str]) -> int:
    """How many of the words, from the first on, are common options and their values."""
    index = 0
    while index < len(words) and words[index].startswith("--"):
        name, equals, _ = words[index][2:].partition("=")
        if name in _NUMBERS or name in _TEXTS:
            index += 1 if equals else 2
        elif name in _FLAGS and not equals:
            index += 1
        else:
            break
    return min(index, len(words))


def _number(name: str, text: str) -> int:
    try:
        value = int(text, 0)
    except ValueError:
        value = -1
    if value < 0:
        raise WrongOption(f"--{name} needs a number, not {text!r}.")
    return value


def _flag(name: str) -> Callable[[Any, list[Callable[[], object]]], None]:
    """An option that programs read from API_options."""

    def apply(value: Any, undo: list[Callable[[], object]]) -> None:
        from pykdump.crash_access import API_options

        before = API_options[name]
        API_options[name] = value
        undo.append(lambda: API_options.__setitem__(name, before))

    return apply


def _debug(level: int, undo: list[Callable[[], object]]) -> None:
    """Also as the name ``debug`` of the API."""
    from pykdump import API

    before = API.debug
    _flag("debug")(level, undo)
    API.debug = level
    undo.append(lambda: setattr(API, "debug", before))


def _timeout(seconds: int, undo: list[Callable[[], object]]) -> None:
    import crash

    from pykdump.caches import CU_TIMEOUT, purge_memoize_cache

    before = crash.set_default_timeout(seconds)
    undo.append(lambda: crash.set_default_timeout(before))
    if seconds > before:
        purge_memoize_cache(CU_TIMEOUT)


def _maxel(count: int, undo: list[Callable[[], object]]) -> None:
    from pykdump.lists import setListMaxel

    before = setListMaxel(count)
    undo.append(lambda: setListMaxel(before))


def _usens(pid: int, undo: list[Callable[[], object]]) -> None:
    from pykdump.namespaces import set_nsproxy

    try:
        set_nsproxy(pid)
    except ValueError as error:
        raise WrongOption(f"--usens {pid}: {error}.") from None
    undo.append(set_nsproxy)


def _reload(_given: bool, _undo: list[Callable[[], object]]) -> None:
    """Forget what was computed and import the helpers of the bundle again."""
    from pykdump.caches import CU_LIVE, CU_LOAD, CU_PYMOD, CU_TIMEOUT, purge_memoize_cache
    from pykdump.struct_attributes import PY_select_purge

    purge_memoize_cache(CU_LIVE | CU_LOAD | CU_PYMOD | CU_TIMEOUT)
    PY_select_purge()
    for name in [name for name in sys.modules if name.startswith(_RELOADED)]:
        del sys.modules[name]


def _ofile(path: str, undo: list[Callable[[], object]]) -> None:
    """Send what the program prints to a file; what goes wrong is still told where the user sees it."""
    try:
        stream = open(path, "w", encoding="utf-8", errors="surrogateescape")  # noqa: SIM115 - undo() closes it
    except OSError as error:
        raise WrongOption(f"--ofile {path}: {error.strerror}.") from None
    sys.stdout = stream
    undo.append(stream.close)


_APPLY: dict[str, Callable[[Any, list[Callable[[], object]]], None]] = {
    "debug": _debug,
    "experimental": _flag("experimental"),
    "dumpcache": _flag("dumpcache"),
    "timeout": _timeout,
    "maxel": _maxel,
    "usens": _usens,
    "reload": _reload,
    "ofile": _ofile,
}
