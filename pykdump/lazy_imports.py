# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for modules and functions that cost milliseconds to import and that few programs use."""

from __future__ import annotations

import sys
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _LazyModule(ModuleType):
    """A module that is imported when a program uses one of its names for the first time."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        __import__(self.__name__)
        real = sys.modules[self.__name__]
        # Later uses cost no more than those of the real module.
        self.__dict__.update(vars(real))
        return getattr(real, name)

    def __dir__(self) -> list[str]:
        __import__(self.__name__)
        return dir(sys.modules[self.__name__])


class _LazyOptionParser:
    """A stand-in for the class optparse.OptionParser. It can be called, subclassed and used with isinstance()."""

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
    """Return a function that imports ``module`` when it is called, and calls the function ``name`` there."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(__import__(module, fromlist=[name]), name)(*args, **kwargs)

    call.__name__ = call.__qualname__ = name
    call.__module__ = module
    return call


OptionParser = _LazyOptionParser()
argparse = _LazyModule("argparse")
pprint = _LazyModule("pprint")
re = _LazyModule("re")
string = _LazyModule("string")  # until Python 3.13 it imports re
# Since Python 3.14 it imports inspect and dataclasses.
traceback = _LazyModule("traceback")


class _PrettyPrinter:
    """A stand-in for pprint.PrettyPrinter(indent=4): ``pp.pprint(x)``, ``pp.pformat(x)``."""

    def __getattr__(self, name: str) -> Any:
        from pprint import PrettyPrinter

        printer = PrettyPrinter(indent=4)
        return getattr(printer, name)


pp = _PrettyPrinter()
