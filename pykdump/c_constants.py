# SPDX-License-Identifier: GPL-3.0-or-later
"""C constants in Python: blocks of ``#define``, enum declarations, enums of the dump, and flag words."""

from __future__ import annotations

from crash import enum_values

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Mapping
    from typing import Any
else:
    from pykdump.lazy_imports import re

# Compiled by re when they are first used: few programs need them, and the API is imported by all.
_COMMENT = r"(?s)/\*.*?\*/|//[^\n]*"
_DEFINE = r"(?m)^[ \t]*#[ \t]*define[ \t]+(\w+)(?!\()[ \t]+(\S[^\n]*?)[ \t]*$"
_NUMBER = r"\b(0[xX][0-9a-fA-F]+|\d+)[uUlL]*\b"
_ENUM_BODY = r"(?s)\{(.*)\}"
# What Python computes as C does: it has other rules for the signs of a division and for comparisons.
_PLAIN = r"([\w\s()+\-*&|^~]|<<|>>)+"
# A comma between enumerators, not one between the arguments of a macro.
_COMMA = r",(?![^(]*\))"
_EXPRESSION = r"[\w\s()+\-*/%<>&|^~!?:=,'\\]+"


def _c_number(match: re.Match[str]) -> str:
    digits = match.group(1)
    octal = len(digits) > 1 and digits[0] == "0" and digits.isdigit()
    return "0o" + digits if octal else digits


def c_value(text: str, names: Mapping[str, Any]) -> int:
    """Return the value of a C integer constant expression; ``names`` gives the values of its identifiers.

    Casts, character constants and the macros BIT(), GENMASK() and UL() with their relatives are understood. Raises
    ValueError for any other text, and KeyError for an unknown identifier.
    """
    source = re.sub(_NUMBER, _c_number, text)
    if re.fullmatch(_PLAIN, source) and "**" not in source:
        try:
            return int(eval(source, {"__builtins__": {}}, dict(names)))
        except (NameError, SyntaxError, TypeError):
            pass  # a cast or a macro, or a mistake, which the grammar finds too
        except ArithmeticError as error:
            raise ValueError(f"{text!r} is not an integer constant expression: {error}") from None
    if not re.fullmatch(_EXPRESSION, text):
        raise ValueError(f"{text!r} is not an integer constant expression")
    from pykdump.c_expressions import value_of  # imports pyparsing, which few programs need

    return value_of(text, names)


class CDefine(dict):  # type: ignore[type-arg]
    """A block of ``#define NAME value`` as {name: int}. Each name is an attribute too.

    A value may be an expression of earlier names. A value that is not an integer expression is kept as text. Macros
    with arguments and macros without a value are left out.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self._names: dict[Any, str] = {}
        for name, value in re.findall(_DEFINE, re.sub(_COMMENT, " ", text).replace("\\\n", " ")):
            try:
                self[name] = c_value(value, self)
            except ValueError:
                self[name] = value

    def __setitem__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        setattr(self, name, value)
        self._names[value] = name

    def value2key(self, value: Any) -> str | None:
        """Return the name of ``value``, None if no name has it. Of several names the one defined last is returned."""
        return self._names.get(value)


def _enumerators(body: str) -> list[tuple[str, int]]:
    """Return the name and value of each enumerator in the body of an enum, such as "A, B = 5, C"."""
    found: dict[str, int] = {}
    following = 0
    for entry in re.split(_COMMA, re.sub(_COMMENT, " ", body)):
        name, _, text = (part.strip() for part in entry.partition("="))
        if not name:
            continue
        value = c_value(text, found) if text else following
        found[name] = value
        following = value + 1
    return list(found.items())


class CEnum:
    """A C enum made from its text. ``e[5]`` and ``e.lookup[5]`` give a name, ``e.NAME`` and getByName() a value."""

    def __init__(self, text: str) -> None:
        body = re.search(_ENUM_BODY, text)
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
        """Return the value of an enumerator. Raises KeyError for an unknown name."""
        return self.name2i[name]

    def getAllNames(self) -> list[str]:
        """Return the names of all enumerators, sorted."""
        return sorted(self.name2i)


class EnumInfo(dict):  # type: ignore[type-arg]
    """An enum of the kernel as {name: value}. Each name is an attribute too.

    ``stype`` is "enum x"; for an anonymous enum it is the name of one of its enumerators. Raises TypeError if the
    kernel has no such enum.
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
        """Return the name of ``value``; for an unknown value a text that says so."""
        for name, known in self.items():
            if known == value:
                return str(name)
        return f"<{self.stype}, bad value {value}>"

    def __str__(self) -> str:
        return self.stype + " {" + ", ".join(f"{n} = {v}" for n, v in self._Lst) + "}"


def dbits2str(flags: int, d: Mapping[str, int], offset: int = 0) -> str:
    """Return the names of the bits that are set in ``flags``: "UP|BROADCAST".

    ``d`` is {name: value}; names whose value has several bits are ignored. The first ``offset`` characters of each name
    are left out: 4 makes "UP" of "IFF_UP".
    """
    single = [(name, bit) for name, bit in d.items() if bit > 0 and not bit & (bit - 1)]
    return "|".join(name[offset:] for name, bit in single if flags & bit)
