# SPDX-License-Identifier: GPL-3.0-or-later
"""Completion by the Tab key at the prompt: names and members; inside strings symbols, types and crash commands.

Only expressions without effects are evaluated: names, attributes, subscripts, and functions that only read the dump.
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
# Functions that a completion may call.
_READERS = frozenset(
    ("Addr", "Deref", "StructResult", "TypeInfo", "container_of", "getStructInfo", "member_offset", "pid_to_task",
     "readPtr", "readSU", "readSUArray", "readSymbol", "readU64", "struct_size", "sym2addr", "whatis")
)  # fmt: skip
_READING_METHODS = frozenset(("castTo", "hasField"))


class _MayHaveEffects(Exception):
    """The expression cannot be evaluated for a completion: it might change something."""


class Bracket:
    """An open bracket: its position, and the number of commas between it and the cursor."""

    __slots__ = ("commas", "position")

    def __init__(self, position: int) -> None:
        self.position = position
        self.commas = 0


class CursorContext:
    """The context of the cursor, which is at the end of ``text``: open brackets, a string, a comment.

    ``quote`` is the position where an open string begins, None outside of strings.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.brackets: list[Bracket] = []
        self.pairs: dict[int, int] = {}  # {position of a closing bracket: position of its opening one}
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
            self.pairs[position] = self.brackets.pop().position
        elif char == "," and self.brackets:
            self.brackets[-1].commas += 1
        self.in_comment = char == "#"
        return position + 1

    @property
    def content(self) -> str:
        """The text of the open string."""
        start = (self.quote or 0) + 1
        return self.text[start:]


def _end_of_string(text: str, start: int) -> int | None:
    """Return the end of the string that begins at ``start``, None if it is still open."""
    quote = text[start] * 3 if text.startswith(text[start] * 3, start) else text[start]
    position = start + len(quote)
    while position < len(text):
        if text.startswith(quote, position):
            return position + len(quote)
        position += 2 if text[position] == "\\" else 1
    return None


def last_expression(text: str) -> str:
    """Return the expression of names, dots, calls and subscripts at the end of ``text``."""
    opened = CursorContext(text).pairs
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
    """``completer(head, word)`` returns (possible words, character to append to a single one, text to insert).

    ``word`` is the word before the cursor, ``head`` the line before it, as readline splits them.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace

    def __call__(self, head: str, word: str) -> tuple[list[str], str, str]:
        if not (head + word).strip():
            return [""], "", INDENT
        try:
            found, start, append = self._complete(head + word)
        except Exception:  # noqa: BLE001 - a traceback must not appear in the input line
            return [], "", ""
        skip = len(head) - start
        return [match[skip:] for match in dict.fromkeys(found)], append, ""

    def _complete(self, text: str) -> tuple[list[str], int, str]:
        """Return (full matches, start of the text that they replace, character to append to a single one)."""
        scan = CursorContext(text)
        if scan.in_comment:
            return [], len(text), ""
        if scan.quote is not None:
            found = self._in_string(scan)
            append = "" if len(found) != 1 or found[0][-1:] in (" ", "") else text[scan.quote]
            return found, scan.quote + 1, append if not _is_command_line(self._innermost_call(scan)[0]) else ""
        expression = last_expression(text)
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
            # A user looks for members here: the methods of all integers would hide them.
            names = [name for name in names if name not in _INTEGER] or names
        return [name + ("(" if _is_function(value, name) else "") for name in names]

    # ---- inside strings ----

    def _innermost_call(self, scan: CursorContext) -> tuple[str, str]:
        """Return function and object of the innermost call: ("hasField", "task.mm") or ("readSU", "")."""
        if not scan.brackets or scan.text[scan.brackets[-1].position] != "(":
            return "", ""
        base, _, name = last_expression(scan.text[: scan.brackets[-1].position]).rpartition(".")
        return name, base

    def _in_string(self, scan: CursorContext) -> list[str]:
        if scan.brackets and scan.text[scan.brackets[-1].position] == "[":
            return self._keys(scan)
        name, base = self._innermost_call(scan)
        if base and name in dump_names.MEMBER_METHODS:
            return dump_names.members_of(type(self._evaluate(base)).__name__, scan.content)
        arguments = dump_names.ARGUMENTS.get(name, ())
        index = scan.brackets[-1].commas if scan.brackets else 0
        kind = arguments[index] if index < len(arguments) else ""
        if kind == "member":
            return dump_names.members_of(self._type_argument(scan, arguments), scan.content)
        return dump_names.FINDERS[kind](scan.content)

    def _type_argument(self, scan: CursorContext, arguments: tuple[str, ...]) -> str:
        """Return the type whose member is wanted: an earlier argument of the call names it or is an object of it."""
        before = scan.text[scan.brackets[-1].position + 1 : scan.quote]
        call = ast.parse(f"f({before})", mode="eval").body
        assert isinstance(call, ast.Call)
        value = self._value(call.args[arguments.index("type") if "type" in arguments else 0])
        return value if isinstance(value, str) else type(value).__name__

    def _keys(self, scan: CursorContext) -> list[str]:
        value = self._evaluate(last_expression(scan.text[: scan.brackets[-1].position]))
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
        raise _MayHaveEffects(ast.dump(node))


_INTEGER = frozenset(dir(int))


def _is_command_line(name: str) -> bool:
    return "command" in dump_names.ARGUMENTS.get(name, ())


def _is_reader(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute):
        return function.attr in _READING_METHODS or function.attr in _READERS
    return isinstance(function, ast.Name) and function.id in _READERS


def _is_function(value: Any, name: str) -> bool:
    """Return whether an attribute can be called. Members of structs are not read from the dump for this."""
    if isinstance(value, int):
        return callable(getattr(type(value), name, None))
    try:
        return callable(getattr(value, name))
    except Exception:  # noqa: BLE001 - a property may raise anything
        return False
