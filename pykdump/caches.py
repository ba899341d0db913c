# SPDX-License-Identifier: GPL-3.0-or-later
"""Results that are kept between programs of one crash session, and when they are dropped."""

from __future__ import annotations

from functools import wraps

from crash import purge_types, sysfacts

from pykdump.compat_helpers import Bunch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    R = TypeVar("R")

CU_LIVE = 1  # dropped at each program on a live system
CU_LOAD = 2  # dropped when a module's debuginfo is loaded
CU_PYMOD = 4  # dropped when Python modules are reloaded
CU_TIMEOUT = 8  # dropped when the timeout is raised

_conditional: list[tuple[int, dict[Any, Any]]] = []
_names: dict[str, dict[Any, Any]] = {}


def memoize_cond(condition: int) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Decorator: remember results (by positional and keyword arguments) until one of the CU_ flags says otherwise."""

    def decorate(function: Callable[..., R]) -> Callable[..., R]:
        cache: dict[Any, R] = {}
        _conditional.append((condition, cache))
        _names[f"{function.__module__}.{function.__qualname__}"] = cache

        @wraps(function)
        def remembered(*args: Any, **kwargs: Any) -> R:
            key = (args, tuple(sorted(kwargs.items()))) if kwargs else args
            try:
                return cache[key]
            except KeyError:
                value = cache[key] = function(*args, **kwargs)
                return value

        return remembered

    return decorate


def purge_memoize_cache(flags: int) -> None:
    """Drop the results of all functions whose condition has one of ``flags``."""
    for condition, cache in _conditional:
        if condition & flags:
            cache.clear()


def print_caches() -> None:
    """What the option --dumpcache shows at the end: how much each function remembers."""
    for name, cache in sorted(_names.items()):
        print(f"{len(cache):>8}  {name}")


def purge_at_end_of_program() -> None:
    """Drop the results that are only good for one program: on a live system those with CU_LIVE."""
    if sysfacts()["live"]:
        purge_memoize_cache(CU_LIVE)


def memoize_typeinfo(function: Callable[..., R]) -> Callable[..., R]:
    """Decorator for what depends on type information: dropped after ``mod -s``."""
    return memoize_cond(CU_LOAD)(function)


def purge_typeinfo(name: str | None = None) -> None:
    """Drop remembered type information (of all types: ``name`` is accepted for compatibility)."""
    purge_memoize_cache(CU_LOAD)
    purge_types()


class _DCache:
    """Two places for a program's own results: ``tmp`` is emptied at its end, ``perm`` lives as long as the session."""

    def __init__(self) -> None:
        self.tmp = Bunch()
        self.perm = Bunch()

    def cleartmp(self) -> None:
        """Forget what the program put into ``tmp``."""
        self.tmp = Bunch()


DCache = _DCache()
