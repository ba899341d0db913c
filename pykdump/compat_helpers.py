# SPDX-License-Identifier: GPL-3.0-or-later
"""Small helpers of the classic API that old programs use and that have nothing to do with the kernel."""

from __future__ import annotations

import os
import stat as _stat
import sys
from itertools import islice, zip_longest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import ModuleType
    from typing import Any, TypeVar

    T = TypeVar("T")

long = int  # the name in Python 2, which hundreds of scripts still use
hexl = hex


class Bunch(dict):  # type: ignore[type-arg]
    """A dict whose keys are attributes too: ``b.x`` is ``b["x"]``."""

    def __init__(self, d: dict[str, Any] | None = None) -> None:
        super().__init__(d or {})
        self.__dict__.update(self)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setitem__(name, value)
        object.__setattr__(self, name, value)

    __setitem__ = __setattr__

    def copy(self) -> Bunch:
        """Return a shallow copy."""
        return Bunch(self)

    def __str__(self) -> str:
        return "\n".join(f"   {name:<12} {self[name]}" for name in sorted(self))


class TrueOnce:
    """True the first ``n`` times that it is tested, then False. It serves for headings that are printed once."""

    def __init__(self, n: int = 1) -> None:
        self.v = n

    def __bool__(self) -> bool:
        self.v -= 1
        return self.v >= 0


def iterN(seq: Iterable[T], n: int) -> Iterator[T]:
    """Return an iterator over at most ``n`` elements of ``seq``."""
    return islice(seq, n)


def print2columns(left: str, right: str) -> None:
    """Print two multi-line texts side by side."""
    for a, b in zip_longest(left.split("\n"), right.split("\n"), fillvalue=""):
        print(a.ljust(38), b)


def argv2s(argv: Sequence[str]) -> str:
    """Return a command line as the user would type it: the program's name without its folder, then its arguments."""
    return " ".join([os.path.basename(argv[0]), *argv[1:]]) if argv else ""


def patch_default_kw(mod: ModuleType, kw: str, val: object) -> None:
    """Set the default of the keyword-only argument ``kw`` in all functions and methods of a module to ``val``."""
    for thing in list(vars(mod).values()):
        inner = list(vars(thing).values()) if isinstance(thing, type) and thing.__module__ == mod.__name__ else [thing]
        for function in inner:
            defaults = getattr(function, "__kwdefaults__", None)
            if defaults and kw in defaults:
                defaults[kw] = val


def getCurrentModule(depth: int = 1) -> ModuleType:
    """Return the module of the caller (``depth`` 1), of the caller's caller (2), and so on."""
    return sys.modules[sys._getframe(depth).f_globals["__name__"]]


def isfileoutput() -> bool:
    """Return whether standard output is a regular file."""
    try:
        return _stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError, AttributeError):
        return False
