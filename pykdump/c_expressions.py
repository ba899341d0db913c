# SPDX-License-Identifier: GPL-3.0-or-later
"""The grammar of C integer constant expressions: operators, casts, character constants and macros such as BIT().

The grammar is written with pyparsing, whose import takes some 100 ms. So it waits for the first expression that needs
it: c_constants.c_value() evaluates plain ones without. The output of ``bt`` and ``sys`` is parsed with regular
expressions and by lines. It has no nested parts, and pyparsing takes a hundred times longer for it: 3.8 s for the
stacks of 236 tasks, while btstack.parse_bt() takes 0.05 s for those of 465 (measured on the dump of the tests).

Numbers have no limit, as far as no cast cuts them: ``1 << 31`` is positive, and suffixes have no effect.
"""

from __future__ import annotations

import operator
from functools import cache, reduce

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    # The value of a part of an expression, for the values of its identifiers.
    Part = Callable[[Mapping[str, int]], int]


# A mistake must not take all memory.
SHIFT_MAX = 4096


def _quotient(a: int, b: int) -> int:
    """Divide as C does: the result is cut towards 0."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def _remainder(a: int, b: int) -> int:
    return a - _quotient(a, b) * b


def _shifted_left(a: int, count: int) -> int:
    if count > SHIFT_MAX:
        raise ValueError(f"a shift by {count} bits")
    return a << count


def _mask(high: int, low: int) -> int:
    return _shifted_left(2, high) - _shifted_left(1, low)


# The binary operators, those that bind most first; && and || are apart, because they may leave out an operand.
_BINARY: tuple[dict[str, Callable[[int, int], int]], ...] = (
    {"*": operator.mul, "/": _quotient, "%": _remainder},
    {"+": operator.add, "-": operator.sub},
    {"<<": _shifted_left, ">>": operator.rshift},
    {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt},
    {"==": operator.eq, "!=": operator.ne},
    {"&": operator.and_},
    {"^": operator.xor},
    {"|": operator.or_},
)
_UNARY: dict[str, Callable[[int], int]] = {
    "-": operator.neg,
    "+": operator.pos,
    "~": operator.invert,
    "!": operator.not_,
}
# Macros of include/linux/bits.h and include/uapi/linux/const.h: name to (number of arguments, value).
_MACROS: dict[str, tuple[int, Callable[..., int]]] = {
    **dict.fromkeys(("BIT", "BIT_ULL", "_BITUL", "_BITULL"), (1, lambda n: _shifted_left(1, n))),
    **dict.fromkeys(("GENMASK", "GENMASK_ULL"), (2, _mask)),
    **dict.fromkeys(("UL", "ULL", "_UL", "_ULL"), (1, lambda n: n)),
}
_ESCAPES = {"n": 10, "t": 9, "r": 13, "0": 0, "a": 7, "b": 8, "f": 12, "v": 11, "\\": 92, "'": 39, '"': 34}
# The words of a type: bits, or 0 for a word that says nothing about them. ``long long`` is ``long`` on 64-bit kernels.
_WORDS = {"char": 8, "short": 16, "int": 0, "long": 64, "signed": 0, "unsigned": 0, "__force": 0, "const": 0}
_INT_BITS = 32


def _typedefs() -> dict[str, tuple[int, bool]]:
    """Return {name: (bits, whether it is signed)} of the kernel's integers with a size in the name."""
    names = {"size_t": (64, False), "ssize_t": (64, True), "gfp_t": (32, False), "bool": (1, False)}
    for bits in (8, 16, 32, 64):
        names.update({f"{mark}{bits}": (bits, False) for mark in ("u", "__u", "__le", "__be")})
        names.update({f"{mark}{bits}": (bits, True) for mark in ("s", "__s")})
        names.update({f"uint{bits}_t": (bits, False), f"int{bits}_t": (bits, True)})
    return names


_TYPEDEFS = _typedefs()


def _cast(words: list[str]) -> Callable[[int], int]:
    """Return the function that converts a number to a type."""
    typedef = next((_TYPEDEFS[word] for word in words if word in _TYPEDEFS), None)
    widest = max(_WORDS.get(word, 0) for word in words) or _INT_BITS
    bits, is_signed = typedef or (widest, "unsigned" not in words)
    half = 1 << (bits - 1)

    def convert(value: int) -> int:
        if bits == 1:
            return int(value != 0)
        cut = value & (2 * half - 1)
        return cut - 2 * half if is_signed and cut >= half else cut

    return convert


def _constant(value: int) -> Part:
    return lambda names: value


def _applied(function: Callable[..., int], *operands: Part) -> Part:
    return lambda names: int(function(*(operand(names) for operand in operands)))


def _folded(tokens: list[Any], functions: Mapping[str, Callable[[int, int], int]]) -> Part:
    """Return ``a - b - c`` as (a - b) - c."""
    pairs = zip(tokens[1::2], tokens[2::2])
    first: Part = tokens[0]
    return reduce(lambda left, pair: _applied(functions[pair[0]], left, pair[1]), pairs, first)


def _logical(tokens: list[Part], stops_at: bool) -> Part:
    """Return ``a && b && c`` (stops at the first false one) or ``a || b || c``."""
    if len(tokens) == 1:
        return tokens[0]
    return lambda names: int(any(t(names) for t in tokens) if stops_at else all(t(names) for t in tokens))


def _chosen(tokens: list[Part]) -> Part:
    """Return ``a ? b : c``."""
    if len(tokens) == 1:
        return tokens[0]
    condition, yes, no = tokens
    return lambda names: yes(names) if condition(names) else no(names)


def _called(tokens: list[Any]) -> Part:
    name, *arguments = tokens
    count, function = _MACROS.get(name, (-1, int))
    if len(arguments) != count:
        raise ValueError(f"the macro {name} is not known with {len(arguments)} arguments")
    return _applied(function, *arguments)


def _number(text: str) -> int:
    digits = text.rstrip("uUlL")
    octal = len(digits) > 1 and digits.isdigit() and digits[0] == "0"
    return int(digits, 8 if octal else 0)


def _primaries(pp: Any, expression: Any) -> Any:
    """Return the grammar of numbers, characters, macros, names, and expressions in parentheses."""
    number = pp.Regex(r"(0[xX][0-9a-fA-F]+|\d+)[uUlL]*\b").set_parse_action(lambda t: _constant(_number(t[0])))
    character = pp.Regex(r"'(\\[ntr0abfv\\'\"]|[^\\'])'").set_parse_action(
        lambda t: _constant(_ESCAPES[t[0][2]] if t[0][1] == "\\" else ord(t[0][1]))
    )
    word = pp.Regex(r"[A-Za-z_]\w*")
    call = word + pp.Suppress("(") + pp.DelimitedList(expression) + pp.Suppress(")")
    name = word.copy().set_parse_action(lambda t: lambda names, key=t[0]: names[key])
    inner = pp.Suppress("(") + expression + pp.Suppress(")")
    return number | character | call.set_parse_action(_action(_called)) | name | inner


def _unaries(pp: Any, primary: Any) -> Any:
    """Return the grammar of signs and casts before a primary."""
    unary = pp.Forward()
    type_word = pp.one_of([*_WORDS, *_TYPEDEFS], as_keyword=True)
    cast = pp.Suppress("(") + pp.Group(type_word[1, ...]) + pp.Suppress(")") + unary
    signed = pp.one_of(list(_UNARY)) + unary
    unary <<= (
        cast.set_parse_action(lambda t: _applied(_cast(t[0].as_list()), t[1]))
        | signed.set_parse_action(lambda t: _applied(_UNARY[t[0]], t[1]))
        | primary
    )
    return unary


def _action(make: Callable[..., Part], *more: Any) -> Callable[[Any], Part]:
    """Return a parse action that calls ``make`` with the list of tokens. pyparsing looks at the number of arguments."""
    return lambda tokens: make(tokens.as_list(), *more)


@cache
def _grammar() -> Any:
    """Return the grammar. Its only token is the Part of the whole text.

    Each level is a list of operands of the level below, so nothing is parsed twice; pyparsing's own infix_notation()
    takes exponential time for nested parentheses.
    """
    import pyparsing as pp

    expression = pp.Forward()
    level = _unaries(pp, _primaries(pp, expression))
    for functions in _BINARY:
        several = level + (pp.one_of(list(functions)) + level)[...]
        level = several.set_parse_action(_action(_folded, functions))
    for word, stops_at in (("&&", False), ("||", True)):
        several = level + (pp.Suppress(word) + level)[...]
        level = several.set_parse_action(_action(_logical, stops_at))
    choice = level + (pp.Suppress("?") + expression + pp.Suppress(":") + expression)[0, 1]
    expression <<= choice.set_parse_action(_action(_chosen))
    return expression


def value_of(text: str, names: Mapping[str, int]) -> int:
    """Return the value of an expression; ``names`` gives the values of its identifiers.

    Raises ValueError for any other text, and KeyError for an unknown identifier.
    """
    grammar = _grammar()
    import pyparsing as pp

    try:
        part: Part = grammar.parse_string(text, parse_all=True)[0]
        return part(names)
    except pp.ParseException as error:
        raise ValueError(f"{text!r} is not an integer constant expression: see {text[error.loc :]!r}") from None
    except (TypeError, ArithmeticError, ValueError, RecursionError) as error:
        raise ValueError(f"{text!r} is not an integer constant expression: {error}") from None
