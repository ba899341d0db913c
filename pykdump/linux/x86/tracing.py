# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers that remember how they were computed, so that the computation can be repeated with other numbers.

Code that computes with such numbers needs no change. Each question that it asks about one becomes a check: where the
answer differs with other numbers, the repeated computation gives up.
"""

from __future__ import annotations

from typing import Any, NoReturn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MASK = (1 << 64) - 1


class Untraceable(Exception):
    """A number was used in a way that cannot be repeated."""


class Trace:
    """The checks and the reads of a computation, as lines of Python. ``read(address, width)`` gives a word or None."""

    def __init__(self, read: Callable[[int, int], int | None]) -> None:
        self._read = read
        self.lines: list[str] = []
        self._known: dict[str, str] = {}  # what was read: the names by the texts of the reads

    def number(self, value: int, text: str, limit: int | None = MASK) -> Traced:
        """Return a number with the Python expression ``text``. It is never above ``limit`` and then never negative."""
        return Traced.make(self, value, text, limit)

    def read(self, address: int, width: int) -> int | None:
        """Read a number, now and whenever the computation is repeated."""
        value = self._read(int.__index__(address), width)
        call = f"read8({text_of(address)})" if width == 8 else f"read({text_of(address)}, {width})"
        if value is None:
            self.check(f"missing({text_of(address)}, {width})")
            return None
        name = self._known.get(call)
        if name is None:
            name = self._known[call] = f"v{len(self._known)}"
            self.lines.append(f"{name} = {call}")
        return self.number(value, name, (1 << 8 * width) - 1)

    def check(self, condition: str) -> None:
        """Note that the computation can only be repeated where a condition is true."""
        line = f"if not ({condition}): return None"
        if line not in self.lines:
            self.lines.append(line)


class Traced(int):
    """A number with the expression that computes it."""

    trace: Trace
    text: str
    base: str
    distance: int
    limit: int | None

    @classmethod
    def make(cls, trace: Trace, value: int, text: str, limit: int | None) -> Traced:
        """Return a number with its expression."""
        made = cls(value)
        made.trace, made.text, made.base, made.distance, made.limit = trace, text, text, 0, limit
        return made

    def _moved(self, distance: int) -> Traced:
        if distance == 0:
            return self
        total = self.distance + distance
        made = self.make(
            self.trace, int.__add__(self, distance), f"({self.base} + {total})" if total else self.base, None
        )
        made.base, made.distance = self.base, total
        return made

    def __add__(self, other: int) -> Traced:
        if isinstance(other, Traced):
            return self._joined("+", other, int.__add__(self, other), None)
        return self._moved(other)

    __radd__ = __add__

    def __sub__(self, other: int) -> Traced:
        if isinstance(other, Traced):
            return self._joined("-", other, int.__sub__(self, other), None)
        return self._moved(-other)

    def __and__(self, other: int) -> int:
        if isinstance(other, Traced):
            return self._joined("&", other, int.__and__(self, other), other.limit)
        if self.limit is not None and other & self.limit == self.limit:
            return self
        return self._joined("&", other, int.__and__(self, other), other if other >= 0 else None)

    __rand__ = __and__

    def __xor__(self, other: int) -> int:
        if isinstance(other, Traced) and other.text == self.text:
            return 0
        limit = MASK if self.limit is not None and 0 <= other <= MASK and limit_of(other) is not None else None
        return self._joined("^", other, int.__xor__(self, other), limit)

    __rxor__ = __xor__

    def __mod__(self, other: int) -> Traced:
        return self._joined("%", other, int.__mod__(self, other), None)

    def _joined(self, operator: str, other: int, value: int, limit: int | None) -> Traced:
        return self.make(self.trace, value, f"({self.text} {operator} {text_of(other)})", limit)

    def __bool__(self) -> bool:
        answer = int.__bool__(self)
        self.trace.check(self.text if answer else f"not {self.text}")
        return answer

    def _asked(self, operator: str, other: object, answer: bool) -> bool:
        if not isinstance(other, int):
            raise Untraceable(f"a number was compared with {other!r}")
        condition = f"{self.text} {operator} {text_of(other)}"
        self.trace.check(condition if answer else f"not {condition}")
        return answer

    def __eq__(self, other: object) -> bool:
        return self._asked("==", other, int.__eq__(self, other) is True)

    def __ne__(self, other: object) -> bool:
        return self._asked("!=", other, int.__ne__(self, other) is True)

    def __lt__(self, other: int) -> bool:
        return self._asked("<", other, int.__lt__(self, other))

    def __le__(self, other: int) -> bool:
        return self._asked("<=", other, int.__le__(self, other))

    def __gt__(self, other: int) -> bool:
        return self._asked(">", other, int.__gt__(self, other))

    def __ge__(self, other: int) -> bool:
        return self._asked(">=", other, int.__ge__(self, other))

    def __int__(self) -> int:
        """Return the plain number. The computation can then only be repeated with the same number."""
        plain = int.__index__(self)
        self.trace.check(f"{self.text} == {plain}")
        return plain

    def __hash__(self) -> int:
        return hash(int(self))


def text_of(number: int) -> str:
    """Return the expression of a number."""
    return number.text if isinstance(number, Traced) else repr(number)


def limit_of(number: int) -> int | None:
    """Return what a number never exceeds if it is never negative, otherwise None."""
    if isinstance(number, Traced):
        return number.limit
    return number if number >= 0 else None


def _refuse(*operands: Any) -> NoReturn:
    raise Untraceable("a number was used with an operator that is not traced")


for _name in ("or", "ror", "mul", "rmul", "floordiv", "rfloordiv", "lshift", "rlshift", "rshift", "rrshift", "rsub",
              "rmod", "truediv", "rtruediv", "pow", "rpow", "divmod", "rdivmod", "neg", "invert", "abs", "format",
              "repr", "str"):  # fmt: skip
    setattr(Traced, f"__{_name}__", _refuse)
