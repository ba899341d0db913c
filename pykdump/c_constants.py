# SPDX-License-Identifier: GPL-3.0-or-later
"""C constants in Python: blocks of ``#define``, enum declarations, enums of the dump, and flag words."""

from __future__ import annotations

import re

from crash import enum_values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
_DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(?!\()[ \t]+(\S[^\n]*?)[ \t]*$", re.MULTILINE)
_NUMBER = re.compile(r"\b(0[xX][0-9a-fA-F]+|\d+)[uUlL]*\b")
_ENUM_BODY = re.compile(r"\{(.*)\}", re.DOTALL)
_EXPRESSION = re.compile(r"[\w\s()+\-*/%<>&|^~]+")


def _c_number(match: re.Match[str]) -> str:
    digits = match.group(1)
    octal = len(digits) > 1 and digits[0] == "0" and digits.isdigit()
    return "0o" + digits if octal else digits


def c_value(text: str, names: Mapping[str, Any]) -> int:
    """The value of an integer constant expression of C, with ``names`` for the identifiers in it.

    ValueError for what is no such expression, KeyError (NameError's text) for an unknown identifier.
    """
    source = _NUMBER.sub(_c_number, text)
    if not _EXPRESSION.fullmatch(source) or "**" in source:
        raise ValueError(f"{text!r} is no integer constant expression")
    try:
        value = eval(source.replace("/", "//"), {"__builtins__": {}}, dict(names))
    except NameError as error:
        raise KeyError(str(error)) from None
    except (SyntaxError, TypeError, ArithmeticError) as error:
        raise ValueError(f"{text!r} is no integer constant expression: {error}") from None
    return int(value)


class CDefine(dict):  # type: ignore[type-arg]
    """A block of ``#define NAME value`` as {name: int}, each name an attribute too.

    A value may be an expression of earlier names; macros with arguments and those without value are left out, and
    what is no integer is kept as text.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._names: dict[Any, str] = {}
        for name, value in _DEFINE.findall(_COMMENT.sub(" ", text).replace("\\\n", " ")):
            try:
                self[name] = c_value(value, self)
            except ValueError:
                self[name] = value

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        setattr(self, name, value)
        self._names[value] = name

    def value2key(self, value: Any) -> str | None:
        """The name of ``value`` (the last one defined with it), None if there is none."""
        return self._names.get(value)


def _enumerators(body: str) -> list[tuple[str, int]]:
    """["A", "B = 5", "C"] of an enum's body, with values."""
    found: dict[str, int] = {}
    following = 0
    for entry in _COMMENT.sub(" ", body).split(","):
        name, _, text = (part.strip() for part in entry.partition("="))
        if not name:
            continue
        value = c_value(text, found) if text else following
        found[name] = value
        following = value + 1
    return list(found.items())


class CEnum:
    """The text of a C enum: ``e[5]`` and ``e.lookup[5]`` give the name, ``e.NAME`` and getByName() the value."""

    def __init__(self, text: str) -> None:
        body = _ENUM_BODY.search(text)
        self.vals = _enumerators(body.group(1) if body else text)
        self.name2i = dict(self.vals)
        self.lookup = {value: name for name, value in self.vals}
        self.__dict__.update(self.name2i)

    def __getattr__(self, name: str) -> int:
        raise AttributeError(f"The enum has no {name!r}")

    def __getitem__(self, value: int) -> str:
        return self.lookup[value]

    def __len__(self) -> int:
        return len(self.vals)

    def __str__(self) -> str:
        return str(self.vals)

    def getByName(self, name: str) -> int:
        """The value of an enumerator; KeyError if there is none."""
        return self.name2i[name]

    def getAllNames(self) -> list[str]:
        """All enumerators, sorted by name."""
        return sorted(self.name2i)


class EnumInfo(dict):  # type: ignore[type-arg]
    """An enum of the dump's kernel as {name: value}, each name an attribute too.

    ``stype`` is "enum x"; an anonymous enum is named by one of its enumerators. TypeError if there is none.
    """

    def __init__(self, stype: str) -> None:
        super().__init__()
        self.stype = stype
        self._Lst = list(enum_values(stype).items())
        for name, value in self._Lst:
            self[name] = value

    def __setitem__(self, name: str, value: int) -> None:
        super().__setitem__(name, value)
        setattr(self, name, value)

    def getnam(self, value: int) -> str:
        """The name of ``value``, or a text that says it has none."""
        for name, known in self.items():
            if known == value:
                return str(name)
        return f"<{self.stype}, bad value {value}>"

    def __str__(self) -> str:
        return self.stype + " {" + ", ".join(f"{n} = {v}" for n, v in self._Lst) + "}"


def dbits2str(flags: int, d: Mapping[str, int], offset: int = 0) -> str:
    """The set bits of ``flags`` by name, "UP|BROADCAST"; names with several bits are not used.

    ``offset`` characters of each name are left out (3 for "IFF_UP").
    """
    single = [(name, bit) for name, bit in d.items() if bit > 0 and not bit & (bit - 1)]
    return "|".join(name[offset:] for name, bit in single if flags & bit)
