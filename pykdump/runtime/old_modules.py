# SPDX-License-Identifier: GPL-3.0-or-later
"""The names that programs expect in modules of the classic PyKdump, besides those that the modules have today.

A star import of a classic module also gave what the module itself had imported, such as the whole API. Names of the
classic that this version lacks can be imported; a program that uses one gets one sentence. Every name is looked up when
a program asks for it, so that the import of a module costs what it costs without this.
"""

from __future__ import annotations

import sys
from importlib import import_module

from pykdump.runtime.old_names import OLD_NAMES

# The variable of a module with the classic modules whose names it gives.
_COMPLETED = "_mpyk_completed"
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, NoReturn


class NotInThisVersion(NotImplementedError):
    """A program uses a name of the classic that this version lacks. The message is one sentence."""


class MissingName:
    """A name that can be imported, but that this version lacks."""

    def __init__(self, module: str, name: str) -> None:
        self._mpyk_name = module, name

    def _fail(self, *_: Any, **__: Any) -> NoReturn:
        module, name = self._mpyk_name
        raise NotInThisVersion(f"This version of PyKdump lacks {name} of the old module {module}.")

    __call__ = __getitem__ = __setitem__ = __iter__ = __len__ = __contains__ = __bool__ = __int__ = __index__ = _fail
    __lt__ = __gt__ = __le__ = __ge__ = __add__ = __sub__ = __and__ = __or__ = __enter__ = __mro_entries__ = _fail

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._fail()

    def __repr__(self) -> str:
        return "<{1} of {0}, which this version of PyKdump lacks>".format(*self._mpyk_name)


def complete(module: ModuleType, old: str) -> None:
    """Let a module give the names of the classic module ``old``, where the classic had one. Again does nothing."""
    namespace = module.__dict__
    if old not in OLD_NAMES or old in namespace.setdefault(_COMPLETED, set()):
        return
    namespace[_COMPLETED].add(old)
    own = namespace.pop("__all__", None) or [name for name in namespace if not name.startswith("_")]
    namespace["__getattr__"] = _lookup(module, old, list(own), namespace.get("__getattr__"))


def _lookup(module: ModuleType, old: str, own: list[str], before: Callable[[str], Any] | None) -> Callable[[str], Any]:
    """Return the function ``__getattr__`` of a module; ``before`` is the one that it has already."""
    sources, imported, lacking = (words.split() for words in OLD_NAMES[old])
    places = {place.replace(":", ".").rpartition(".")[2]: place for place in imported}

    def look_up(name: str) -> Any:
        if name == "__all__":
            return list(dict.fromkeys([*own, *places, *lacking, *(n for s in sources for n in _public_names(s))]))
        if name in own and before is not None:
            return before(name)
        if name.startswith("__"):
            raise AttributeError(f"module {old!r} has no attribute {name!r}")
        value = _value(name)
        module.__dict__[name] = value
        return value

    def _value(name: str) -> Any:
        if name in places:
            place, _, member = places[name].partition(":")
            found = import_module(place)
            return getattr(found, member) if member else found
        if name in lacking:
            return MissingName(old, name)
        for source in sources:
            if name in _public_names(source):
                return getattr(sys.modules[source], name)
        raise AttributeError(f"module {old!r} has no attribute {name!r}")

    return look_up


def _public_names(source: str) -> list[str]:
    """Return the names that a star import of a module gives."""
    module = import_module(source)
    given: list[str] = getattr(module, "__all__", None) or [name for name in vars(module) if name[0] != "_"]
    return given
