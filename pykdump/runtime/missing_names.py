# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of the API that a program uses but neither imports nor defines.

The classic extension ran all programs in one namespace, where an earlier program had left the API. Programs that were
written for it may not import what they use. Only the compiled code is read here, so that other programs do not pay for
the import of the API.
"""

from __future__ import annotations

import builtins
import sys
from importlib import import_module
from importlib.machinery import PathFinder
from types import CodeType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

API = "pykdump.API"
_STAR = ("*",)
# {file: (its code, which source_cache.py keeps, and the result of _unresolved())}
_known: dict[str, tuple[CodeType, set[str]]] = {}
# The argument of LOAD_GLOBAL has a flag in its lowest bit: bpo-46329, Python 3.11.
_FLAG_BITS = {"LOAD_GLOBAL": 1 if sys.version_info >= (3, 11) else 0}
_LOADS = ("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS")  # the last one since 3.12, in annotations


def missing_names(code: CodeType) -> dict[str, Any]:
    """Return the values of the API's names that a program loads and does not have."""
    known = _known.get(code.co_filename)
    unresolved = known[1] if known is not None and known[0] is code else _unresolved(code)
    _known[code.co_filename] = code, unresolved
    wanted = unresolved & _names_of_api() if unresolved else unresolved
    if not wanted:
        return {}
    api = vars(import_module(API))
    return {name: api[name] for name in wanted if name in api}


def _unresolved(code: CodeType) -> set[str]:
    """Return the global names that a program loads and never stores, without builtin and private ones."""
    if _STAR in code.co_consts and not _star_module_names().isdisjoint(code.co_names):
        return set()  # a star import gives it everything
    loaded: set[str] = set()
    stored = _names(code, ("STORE_NAME",))
    for part in _parts(code):
        # Names that a class body stores are its own.
        loaded |= _names(part, _LOADS) - _names(part, ("STORE_NAME",))
        stored |= _names(part, ("STORE_GLOBAL",))
    return {name for name in loaded - stored - vars(builtins).keys() if not name.startswith("_")}


def _star_module_names() -> set[str]:
    from pykdump.runtime import aliases

    return {API, "pykdump", aliases.PACKAGE, *aliases.FACADES}


def _names_of_api() -> set[str]:
    """Return the names of the API, without importing it."""
    module = sys.modules.get(API)
    if module is not None:
        return set(vars(module))
    spec = PathFinder.find_spec(API, sys.modules["pykdump"].__path__)
    code = getattr(spec.loader, "get_code")(API) if spec is not None else None  # noqa: B009 - Loader has no get_code
    return _names(code, ("STORE_NAME",)) if code is not None else set()


def _parts(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _parts(constant)


def _names(code: CodeType, instructions: tuple[str, ...]) -> set[str]:
    """Return the names that the given instructions of one code object use.

    An instruction is two bytes: its number and its argument, whose higher bytes are in EXTENDED_ARG before it.
    """
    from opcode import EXTENDED_ARG, opmap  # 1 ms, once in a session

    numbers, arguments = code.co_code[::2], code.co_code[1::2]
    found = set()
    for instruction in instructions:
        number = opmap.get(instruction, 256)  # 256: this Python has no such instruction
        at = numbers.find(number) if number < 256 else -1
        while at >= 0:
            argument, before = arguments[at], at - 1
            while before >= 0 and numbers[before] == EXTENDED_ARG:
                argument |= arguments[before] << 8 * (at - before)
                before -= 1
            found.add(code.co_names[argument >> _FLAG_BITS.get(instruction, 0)])
            at = numbers.find(number, at + 1)
    return found
