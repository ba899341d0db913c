# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes that a program adds to structs: one name for a value whose place differs between kernels."""

from __future__ import annotations

import sys

from crash import struct_class, struct_size

from pykdump.structinfo import type_of_chain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

_SKC = "SKC."
_SOCK_COMMON = "struct sock_common"


def _reader(chain: str, cast: str | None) -> Callable[[Any], Any]:
    steps = chain.replace("->", ".").split(".") if chain else []

    def read(struct: Any) -> Any:
        value = struct.castTo(cast) if cast else struct
        for step in steps:
            value = getattr(value, step)
        return value

    return read


def _define(suname: str, attr: str, function: Callable[[Any], Any]) -> bool:
    if struct_size(suname) < 0:
        return False
    setattr(struct_class(suname), attr, property(function))
    return True


def _resolve(suname: str, expr: str) -> Callable[[Any], Any] | None:
    """Return a function that reads ``expr`` of a ``suname``, None if this kernel has no such chain of members."""
    start, chain = (_SOCK_COMMON, expr[len(_SKC) :]) if expr.startswith(_SKC) else (suname, expr)
    if struct_size(start) < 0 or (chain and type_of_chain(start, chain) is None):
        return None
    return _reader(chain, start if start != suname else None)


def structSetAttr(suname: str, attr: str, exprs: str | Sequence[str], extra_structs: Iterable[str] = ()) -> bool:
    """Define ``s.attr`` of a struct as the first chain of members that this kernel has.

    A chain is "a.b.c"; pointers are followed. ``extra_structs`` are structs whose first member is a ``suname``: they
    get the attribute too. Returns False if the kernel has none of the chains.
    """
    if struct_size(suname) < 0:
        return False
    for expr in [exprs] if isinstance(exprs, str) else exprs:
        function = _resolve(suname, expr)
        if function is not None:
            _define(suname, attr, function)
            for extra in extra_structs:
                _define(extra, attr, _after_cast(suname, function))
            return True
    return False


def _after_cast(suname: str, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda struct: function(struct.castTo(suname))


def structSetProcAttr(suname: str, attr: str, func: Callable[[Any], Any]) -> bool:
    """Define ``s.attr`` of a struct as ``func(s)``. Returns False if this kernel has no such struct."""
    return _define(suname, attr, func)


class AttrSetter:
    """Definition of the same attributes for several structs.

    After ``a = AttrSetter("struct x", "struct y")``, ``a.Name = ["chain1", "chain2", function]`` defines ``s.Name`` of
    both structs: the first chain that exists is used, or the function. "SKC.chain" starts in the
    ``struct sock_common`` at the same address. Afterwards ``a.Name`` is True if at least one struct got the attribute.
    """

    def __init__(self, *sunames: str) -> None:
        self.__dict__["_sunames"] = sunames

    def __setattr__(self, attr: str, exprs: Any) -> None:
        choices = [exprs] if isinstance(exprs, str) or callable(exprs) else list(exprs)
        done = [_first_fit(suname, attr, choices) for suname in self._sunames]
        self.__dict__[attr] = any(done)

    def __getattr__(self, attr: str) -> Any:
        raise AttributeError(f"No attribute {attr!r} has been set up")


def _first_fit(suname: str, attr: str, choices: Sequence[Any]) -> bool:
    return any(
        structSetProcAttr(suname, attr, choice) if callable(choice) else structSetAttr(suname, attr, [choice])
        for choice in choices
    )


# {(id of the caller's code, position in it): (that code, the expression that works)}
_selected: dict[tuple[int, int], tuple[Any, Any]] = {}
_WRONG_KERNEL = (KeyError, AttributeError, TypeError, NameError)


def PY_select(*exprs: str) -> Any:
    """Return the value of the first expression (Python text) that can be evaluated in the caller's function.

    The choice is remembered for each call in the program. Raises TypeError if no expression can be evaluated on this
    kernel; an error that depends on the object (NULL, not in the dump) is raised as it is.
    """
    frame = sys._getframe(1)
    place = (id(frame.f_code), frame.f_lasti)
    known = _selected.get(place)
    if known is not None:
        return eval(known[1], frame.f_globals, frame.f_locals)
    problem: Exception | None = None
    certain = True
    for expr in exprs:
        code = compile(expr, "<PY_select>", "eval", dont_inherit=True)
        try:
            value = eval(code, frame.f_globals, frame.f_locals)
        except _WRONG_KERNEL as failure:
            problem = problem or failure
        except Exception as failure:  # noqa: BLE001 - the object is the reason (NULL, not in the dump), not the kernel
            problem, certain = failure, False
        else:
            if certain:
                _selected[place] = (frame.f_code, code)
            return value
    if problem is not None and not certain:
        raise problem
    raise TypeError(f"None of these can be evaluated on this kernel: {', '.join(exprs)} ({problem})")


def PY_select_purge() -> None:
    """Forget which expressions were chosen."""
    _selected.clear()
