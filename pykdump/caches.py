# SPDX-License-Identifier: GPL-3.0-or-later
"""Caches of results that stay from one program to the next in a crash session, and the conditions that clear them."""

from __future__ import annotations

from crash import purge_types, sysfacts

from pykdump.compat_helpers import Bunch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    R = TypeVar("R")

CU_LIVE = 1  # cleared after each program on a live system
CU_LOAD = 2  # cleared when a module's debuginfo is loaded
CU_PYMOD = 4  # cleared when Python modules are reloaded
CU_TIMEOUT = 8  # cleared when the timeout is raised

_conditional: list[tuple[int, dict[Any, Any]]] = []
_names: dict[str, dict[Any, Any]] = {}


def _named_like(function: Callable[..., R], wrapper: Callable[..., R]) -> Callable[..., R]:
    """Return ``wrapper`` as functools.wraps() makes it. functools would double the time of the first import."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(wrapper, name, getattr(function, name))
    wrapper.__dict__.update(function.__dict__, __wrapped__=function)
    return wrapper


def memoize_cond(condition: int) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Decorate a function: its results are remembered for each set of arguments.

    ``condition`` is one or more CU_ flags: the results are dropped when one of these events comes.
    """

    def decorate(function: Callable[..., R]) -> Callable[..., R]:
        cache: dict[Any, R] = {}
        _conditional.append((condition, cache))
        _names[f"{function.__module__}.{function.__qualname__}"] = cache

        def remembered(*args: Any, **kwargs: Any) -> R:
            key = (args, tuple(sorted(kwargs.items()))) if kwargs else args
            try:
                return cache[key]
            except KeyError:
                value = cache[key] = function(*args, **kwargs)
                return value

        return _named_like(function, remembered)

    return decorate


def purge_memoize_cache(flags: int) -> None:
    """Drop the results of all functions that were decorated with one of ``flags``."""
    for condition, cache in _conditional:
        if condition & flags:
            cache.clear()


def print_caches() -> None:
    """Print how many results each function remembers: the output of the option --dumpcache."""
    for name, cache in sorted(_names.items()):
        print(f"{len(cache):>8}  {name}")


def purge_at_end_of_program() -> None:
    """Drop the results that are only good for one program: on a live system those with CU_LIVE."""
    if sysfacts()["live"]:
        purge_memoize_cache(CU_LIVE)


def memoize_typeinfo(function: Callable[..., R]) -> Callable[..., R]:
    """Decorate a function whose results depend on type information: ``mod -s`` drops them."""
    return memoize_cond(CU_LOAD)(function)


def purge_typeinfo(name: str | None = None) -> None:
    """Drop the remembered information on all types. ``name`` has no effect; old programs pass it."""
    purge_memoize_cache(CU_LOAD)
    purge_types()


class _DCache:
    """A program's own results: ``tmp`` is emptied when the program ends, ``perm`` stays until the session ends."""

    def __init__(self) -> None:
        self.tmp = Bunch()
        self.perm = Bunch()

    def cleartmp(self) -> None:
        """Empty ``tmp``."""
        self.tmp = Bunch()


DCache = _DCache()
