# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that the API hands out but that cost milliseconds to import and that few programs touch."""

from __future__ import annotations

import sys
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _LazyModule(ModuleType):
    """Stands for a module until one of its names is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        __import__(self.__name__)
        return getattr(sys.modules[self.__name__], name)

    def __dir__(self) -> list[str]:
        __import__(self.__name__)
        return dir(sys.modules[self.__name__])


class _LazyOptionParser:
    """Stands for the class optparse.OptionParser: can be called, subclassed and asked with isinstance()."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._real()(*args, **kwargs)

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        return (self._real(),)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self._real())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real(), name)

    @staticmethod
    def _real() -> type:
        from optparse import OptionParser as real

        return real


def function(module: str, name: str) -> Any:
    """A function that imports its module when it is first called."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(__import__(module, fromlist=[name]), name)(*args, **kwargs)

    call.__name__ = call.__qualname__ = name
    call.__module__ = module
    return call


OptionParser = _LazyOptionParser()
argparse = _LazyModule("argparse")
pprint = _LazyModule("pprint")
# Since 3.14 it brings inspect and dataclasses along.
traceback = _LazyModule("traceback")


class _PrettyPrinter:
    """``pp.pprint(x)`` and ``pp.pformat(x)``: a pprint.PrettyPrinter(indent=4) made when it is first used."""

    def __getattr__(self, name: str) -> Any:
        from pprint import PrettyPrinter

        printer = PrettyPrinter(indent=4)
        return getattr(printer, name)


pp = _PrettyPrinter()
