# SPDX-License-Identifier: GPL-3.0-or-later
"""The common options: every program accepts them, no program sees them, and they end with the program.

A new common option is one row in OPTIONS.
"""

from __future__ import annotations

import sys

from pykdump.option_values import API_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TextIO

    Undo = list[Callable[[], object]]

# The modules that --reload forgets, so that they are imported again.
_RELOADED = ("pykdump.linux.", "pykdump.command_layer.", "pykdump.commands.", "pykdump.legacy.", "LinuxDump")


class WrongOption(Exception):
    """A common option cannot be used as given. The message is one sentence for the user."""


class Option:
    """A common option.

    ``help`` is its line in ``epython -h``. ``convert(name, text)`` makes its value; without it, the option is a
    switch. ``start(value, undo)`` puts the value into force and appends the functions that end it to ``undo``. If the
    option has a ``default``, programs find its value in ``API_options``.
    """

    __slots__ = ("convert", "default", "help", "start")

    def __init__(
        self,
        help: str,
        convert: Callable[[str, str], Any] | None = None,
        start: Callable[[Any, Undo], None] | None = None,
        default: Any = None,
    ) -> None:
        self.help = help
        self.convert = convert
        self.start = start
        self.default = default


class CommonOptions:
    """The options of one run: take() finds them, apply() puts them into force, undo() ends that."""

    def __init__(self) -> None:
        self._given: dict[str, tuple[Option, Any]] = {}
        self._undo: Undo = []

    def take(self, argv: list[str]) -> list[str]:
        """Return the command line without the common options. ``--`` ends them and stays. Raises WrongOption."""
        kept: list[str] = []
        words = iter(argv)
        for word in words:
            if word == "--":
                return [*kept, word, *words]
            name, equals, text = _split(word)
            option = OPTIONS.get(name)
            if option is None or (equals and option.convert is None):
                kept.append(word)
            elif option.convert is None:
                self._given[name] = option, True
            else:
                value = text if equals else next(words, None)
                if value is None:
                    raise WrongOption(f"--{name} needs a value.")
                self._given[name] = option, option.convert(name, value)
        return kept

    def apply(self) -> None:
        """Put the options into force. Raises WrongOption if one has a value that cannot be used."""
        for name, (option, value) in self._given.items():
            if option.default is not None:
                _set_in_api_options(name, value, self._undo)
            if option.start is not None:
                option.start(value, self._undo)

    @property
    def in_force(self) -> bool:
        """Whether undo() has something to do."""
        return bool(self._undo)

    def undo(self) -> int:
        """Restore everything that apply() has changed, and return 0. Raises WrongOption; a second call goes on."""
        while self._undo:
            self._undo.pop()()
        return 0


def count_leading(words: list[str]) -> int:
    """Return how many of the words, from the first one on, are common options and their values."""
    index = 0
    while index < len(words):
        name, equals, _ = _split(words[index])
        option = OPTIONS.get(name)
        if option is None or (equals and option.convert is None):
            break
        index += 1 if equals or option.convert is None else 2
    return min(index, len(words))


def _split(word: str) -> tuple[str, str, str]:
    """Split "--name=text"; the name is empty if the word is not a long option."""
    return word[2:].partition("=") if word.startswith("--") else ("", "", "")


def _number(name: str, text: str) -> int:
    try:
        value = int(text, 0)
    except ValueError:
        value = -1
    if value < 0:
        raise WrongOption(f"--{name} needs a number, not {text!r}.")
    return value


def _text(_name: str, text: str) -> str:
    return text


def publish_defaults() -> None:
    """Put the options that have a default into API_options."""
    for name, option in OPTIONS.items():
        if option.default is not None:
            API_options[_key(name)] = option.default


def help_lines() -> list[str]:
    """Return a line for each option, for ``epython -h``."""
    words = {name: f"--{name}{_VALUE_WORDS[option.convert]}" for name, option in OPTIONS.items()}
    return [f"  {words[name]:26}  {option.help}" for name, option in OPTIONS.items()]


def _key(name: str) -> str:
    """Return the key in API_options, which is an attribute too: ``full_names`` for ``--full-names``."""
    return name.replace("-", "_")


def _set_in_api_options(name: str, value: Any, undo: Undo) -> None:
    key = _key(name)
    before = API_options[key]
    API_options[key] = value
    undo.append(lambda: API_options.__setitem__(key, before))


def _start_debug(level: int, undo: Undo) -> None:
    """Set the name ``debug`` of the API."""
    from pykdump import API

    before = API.debug
    API.debug = level
    undo.append(lambda: setattr(API, "debug", before))


def _start_timeout(seconds: int, undo: Undo) -> None:
    import crash

    from pykdump.caches import CU_TIMEOUT, purge_memoize_cache

    before = crash.set_default_timeout(seconds)
    undo.append(lambda: crash.set_default_timeout(before))
    if seconds > before:
        purge_memoize_cache(CU_TIMEOUT)


def _start_maxel(count: int, undo: Undo) -> None:
    from pykdump.lists import setListMaxel

    before = setListMaxel(count)
    undo.append(lambda: setListMaxel(before))


def _start_usens(pid: int, undo: Undo) -> None:
    from pykdump import namespaces

    undo.append(namespaces.remember())
    try:
        namespaces.set_nsproxy(pid)
    except ValueError as error:
        raise WrongOption(f"--usens {pid}: {error}.") from None


def _reload(_given: bool, _undo: Undo) -> None:
    """Forget all results and import the helpers of the bundle again."""
    from pykdump.caches import CU_LIVE, CU_LOAD, CU_PYMOD, CU_TIMEOUT, purge_memoize_cache
    from pykdump.struct_attributes import PY_select_purge

    purge_memoize_cache(CU_LIVE | CU_LOAD | CU_PYMOD | CU_TIMEOUT)
    PY_select_purge()
    for name in [name for name in sys.modules if name.startswith(_RELOADED)]:
        del sys.modules[name]


def _start_ofile(path: str, undo: Undo) -> None:
    """Send standard output to a file. Error messages still go where the user sees them."""
    try:
        stream = open(path, "w", encoding="utf-8", errors="surrogateescape")  # noqa: SIM115 - undo() closes it
    except OSError as error:
        raise WrongOption(f"--ofile {path}: {error.strerror}.") from None
    sys.stdout = stream
    undo.append(lambda: _close(stream))


def _close(stream: TextIO) -> None:
    try:
        stream.close()
    except OSError as error:
        raise WrongOption(f"--ofile {stream.name}: {error.strerror}.") from None


_VALUE_WORDS: dict[Callable[[str, str], Any] | None, str] = {None: "", _number: " N", _text: " FILE"}
OPTIONS = {
    "debug": Option("set the debug level", _number, _start_debug, default=0),
    "experimental": Option("let the program try what is not finished", default=False),
    "dumpcache": Option("show the cached results at the end", default=False),
    "timeout": Option("end crash commands that take longer than N seconds", _number, _start_timeout),
    "maxel": Option("follow lists for at most N elements", _number, _start_maxel),
    "usens": Option("use the network namespace of the task with PID N", _number, _start_usens),
    "reload": Option("forget all results, and import the helpers again", start=_reload),
    "ofile": Option("write the output into a file", _text, _start_ofile),
}
publish_defaults()
