# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Tab key offers in the REPL: names, members, and inside strings symbols, types and commands of crash.

Only what has no effects is evaluated: names, attributes, subscripts, and functions that just look into the dump.
"""

from __future__ import annotations

import ast
import builtins
import keyword

import crash

from pykdump.runtime import dump_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

INDENT = "    "
# Functions that may be called for the sake of a completion.
_READERS = frozenset(
    ("Addr", "Deref", "StructResult", "TypeInfo", "container_of", "getStructInfo", "member_offset", "pid_to_task",
     "readPtr", "readSU", "readSUArray", "readSymbol", "readU64", "struct_size", "sym2addr", "whatis")
)  # fmt: skip
_READING_METHODS = frozenset(("castTo", "hasField"))


class _NotSimple(Exception):
    """The expression is one that might do something."""


class Bracket:
    """An open bracket: where it is, and how many commas stand between it and the cursor."""

    __slots__ = ("commas", "place")

    def __init__(self, place: int) -> None:
        self.place = place
        self.commas = 0


class Scan:
    """What the cursor is in, at the end of ``text``: brackets, and a string that began at ``quote`` (or None)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.brackets: list[Bracket] = []
        self.pairs: dict[int, int] = {}  # closing bracket to opening one
        self.quote: int | None = None
        self.in_comment = False
        position = 0
        while position < len(text) and not self.in_comment and self.quote is None:
            position = self._step(position)

    def _step(self, position: int) -> int:
        char = self.text[position]
        if char in "'\"":
            end = _end_of_string(self.text, position)
            self.quote = position if end is None else None
            return position + 1 if end is None else end
        if char in "([{":
            self.brackets.append(Bracket(position))
        elif char in ")]}" and self.brackets:
            self.pairs[position] = self.brackets.pop().place
        elif char == "," and self.brackets:
            self.brackets[-1].commas += 1
        self.in_comment = char == "#"
        return position + 1

    @property
    def content(self) -> str:
        """The string so far."""
        start = (self.quote or 0) + 1
        return self.text[start:]


def _end_of_string(text: str, start: int) -> int | None:
    """Where the string that begins at ``start`` has ended; None if it has not."""
    quote = text[start] * 3 if text.startswith(text[start] * 3, start) else text[start]
    position = start + len(quote)
    while position < len(text):
        if text.startswith(quote, position):
            return position + len(quote)
        position += 2 if text[position] == "\\" else 1
    return None


def primary(text: str) -> str:
    """The expression of names, dots, calls and subscripts that ``text`` ends with."""
    opened = Scan(text).pairs
    start = len(text)
    while start > 0:
        char = text[start - 1]
        if char in ")]" and start - 1 in opened:
            start = opened[start - 1]
        elif char.isalnum() or char in "_.":
            start -= 1
        else:
            break
    return text[start:]


class Completer:
    """``completer(head, word)``: what may stand for ``word``, the character after it, and text to insert at once."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace

    def __call__(self, head: str, word: str) -> tuple[list[str], str, str]:
        if not (head + word).strip():
            return [""], "", INDENT
        try:
            found, start, append = self._complete(head + word)
        except Exception:  # noqa: BLE001 - a key that offers nothing is better than a traceback in the line
            return [], "", ""
        skip = len(head) - start
        return [match[skip:] for match in dict.fromkeys(found)], append, ""

    def _complete(self, text: str) -> tuple[list[str], int, str]:
        """The full matches, where the text that they replace begins, what follows a single one."""
        scan = Scan(text)
        if scan.in_comment:
            return [], len(text), ""
        if scan.quote is not None:
            found = self._in_string(scan)
            append = "" if len(found) != 1 or found[0][-1:] in (" ", "") else text[scan.quote]
            return found, scan.quote + 1, append if not _is_command_line(self._call(scan)[0]) else ""
        expression = primary(text)
        base, dot, prefix = expression.rpartition(".")
        if dot and base:
            return self._attributes(self._evaluate(base), prefix), len(text) - len(prefix), ""
        return self._names(expression), len(text) - len(expression), ""

    # ---- outside strings ----

    def _names(self, prefix: str) -> list[str]:
        if not prefix:
            return []
        found = [word + (" " if word not in ("True", "False", "None") else "") for word in keyword.kwlist]
        for names in (self._namespace, vars(builtins)):
            found += [name + ("(" if callable(value) else "") for name, value in list(names.items())]
        return [name for name in found if name.startswith(prefix) and (prefix[0] == "_" or name[0] != "_")]

    def _attributes(self, value: Any, prefix: str) -> list[str]:
        if value is self._namespace.get("PYKD", self):
            return [name for name in crash._symbol_names(prefix) if name.isidentifier()]
        names = [name for name in dir(value) if name.startswith(prefix) and (prefix[:1] == "_" or name[0] != "_")]
        if isinstance(value, (crash.StructResult, crash.CType)):
            # Everybody looks for members here; what all integers can do is in the way.
            names = [name for name in names if name not in _INTEGER] or names
        return [name + ("(" if _is_function(value, name) else "") for name in names]

    # ---- inside strings ----

    def _call(self, scan: Scan) -> tuple[str, str]:
        """The function and its object of the innermost call: ("hasField", "task.mm"), ("readSU", "")."""
        if not scan.brackets or scan.text[scan.brackets[-1].place] != "(":
            return "", ""
        base, _, name = primary(scan.text[: scan.brackets[-1].place]).rpartition(".")
        return name, base

    def _in_string(self, scan: Scan) -> list[str]:
        if scan.brackets and scan.text[scan.brackets[-1].place] == "[":
            return self._keys(scan)
        name, base = self._call(scan)
        if base and name in dump_names.MEMBER_METHODS:
            return dump_names.members_of(type(self._evaluate(base)).__name__, scan.content)
        arguments = dump_names.ARGUMENTS.get(name, ())
        index = scan.brackets[-1].commas if scan.brackets else 0
        kind = arguments[index] if index < len(arguments) else ""
        if kind == "member":
            return dump_names.members_of(self._type_argument(scan, arguments), scan.content)
        return dump_names.FINDERS[kind](scan.content)

    def _type_argument(self, scan: Scan, arguments: tuple[str, ...]) -> str:
        """The type whose member is wanted, which the call names before it, or has an object of."""
        before = scan.text[scan.brackets[-1].place + 1 : scan.quote]
        call = ast.parse(f"f({before})", mode="eval").body
        assert isinstance(call, ast.Call)
        value = self._value(call.args[arguments.index("type") if "type" in arguments else 0])
        return value if isinstance(value, str) else type(value).__name__

    def _keys(self, scan: Scan) -> list[str]:
        value = self._evaluate(primary(scan.text[: scan.brackets[-1].place]))
        return [key for key in value if isinstance(key, str) and key.startswith(scan.content)]

    # ---- evaluation without effects ----

    def _evaluate(self, expression: str) -> Any:
        return self._value(ast.parse(expression.strip(), mode="eval").body)

    def _value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self._namespace[node.id] if node.id in self._namespace else getattr(builtins, node.id)
        if isinstance(node, ast.Attribute):
            return getattr(self._value(node.value), node.attr)
        if isinstance(node, ast.Subscript):
            return self._value(node.value)[self._value(node.slice)]
        if isinstance(node, ast.Call) and not node.keywords and _is_reader(node.func):
            return self._value(node.func)(*map(self._value, node.args))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -self._value(node.operand)
        raise _NotSimple(ast.dump(node))


_INTEGER = frozenset(dir(int))


def _is_command_line(name: str) -> bool:
    return "command" in dump_names.ARGUMENTS.get(name, ())


def _is_reader(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr in _READING_METHODS or function.attr in _READERS
    return isinstance(function, ast.Name) and function.id in _READERS


def _is_function(value: Any, name: str) -> bool:
    """Whether an attribute can be called; members of the dump are not read for that."""
    if isinstance(value, int):
        return callable(getattr(type(value), name, None))
    try:
        return callable(getattr(value, name))
    except Exception:  # noqa: BLE001 - a property may raise anything
        return False
