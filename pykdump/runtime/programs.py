# SPDX-License-Identifier: GPL-3.0-or-later
"""Search for the program that the user named: a file, a file in $PYKDUMPPATH, or a program of the bundle."""

from __future__ import annotations

import os
import sys

from pykdump.runtime import source_cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

PATH_VARIABLE = "PYKDUMPPATH"
# The folder that has the package pykdump: the path of the .so itself, which is a valid entry of sys.path (a zip).
BUNDLE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMMANDS = "pykdump.commands"


class ProgramNotFound(Exception):
    """There is no such program. The message is one sentence for the user."""


class Program:
    """A compiled program. ``filename`` is its ``__file__``; ``directory`` is put on sys.path unless it is ""."""

    __slots__ = ("code", "directory", "filename")

    def __init__(self, filename: str, directory: str, code: CodeType) -> None:
        self.filename = filename
        self.directory = directory
        self.code = code


def path_entries() -> list[str]:
    """Return the folders of $PYKDUMPPATH as absolute paths, each once."""
    entries = [os.path.abspath(e) for e in os.environ.get(PATH_VARIABLE, "").split(os.pathsep) if e]
    return list(dict.fromkeys(entries))


def find(name: str) -> Program:
    """Find the program ``name``, which may be given without ``.py``, and compile it.

    A name with a slash is a path. Any other name is searched in the current directory, then in $PYKDUMPPATH. Raises
    ProgramNotFound, and SyntaxError if the program cannot be compiled.
    """
    expanded = os.path.expanduser(name)
    folders = [""] if os.sep in expanded else [".", *path_entries()]
    for folder in folders:
        for candidate in _spellings(os.path.join(folder, expanded)):
            if os.path.isfile(candidate):
                return _from_file(os.path.abspath(candidate))
    raise ProgramNotFound(_where_searched(name, expanded))


def from_module(name: str) -> Program:
    """Return the program for ``-m name``: a module on sys.path or in the bundle, or the ``__main__`` of a package.

    Raises ProgramNotFound.
    """
    from importlib.util import find_spec

    sys.path[:] = [*sys.path, *(e for e in path_entries() if e not in sys.path)]
    try:
        spec = find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = find_spec(name + ".__main__")
    except (ImportError, ValueError) as error:
        raise ProgramNotFound(f"Module {name!r} cannot be found: {error}.") from None
    get_code = getattr(getattr(spec, "loader", None), "get_code", None)
    code = get_code(spec.name) if spec is not None and get_code is not None else None
    if spec is None or code is None:
        raise ProgramNotFound(f"There is no module {name!r} to run in the bundle or in ${PATH_VARIABLE}.")
    return Program(spec.origin or name, "", code)


def bundled_command(name: str) -> str | None:
    """Return the name of the module for the bundle's command ``name``, None if there is no such command.

    ``name`` may end with ``.py``. The module is not imported.
    """
    stem = name[:-3] if name.endswith(".py") else name
    if not stem.isidentifier():
        return None
    from importlib.machinery import PathFinder

    module = f"{COMMANDS}.{stem}"
    package = __import__(COMMANDS, fromlist=["__path__"])
    return module if PathFinder.find_spec(module, package.__path__) is not None else None


def _spellings(path: str) -> tuple[str, ...]:
    return (path,) if path.endswith(".py") else (path, path + ".py")


def _from_file(path: str) -> Program:
    with open(path, "rb") as stream:
        source = stream.read()
    return Program(path, os.path.dirname(path), source_cache.code_of(source, path))


def _where_searched(name: str, expanded: str) -> str:
    if os.path.isdir(expanded):
        return f"{name} is a folder, not a program: name a file in it."
    if os.sep in expanded:
        folder = os.path.dirname(os.path.abspath(expanded))
        return f"There is no program {name}, with or without '.py': looked in {folder}."
    entries = path_entries()
    searched = ", ".join(entries) if entries else "which is not set"
    return (
        f"There is no program {name!r}, with or without '.py': looked in the current directory ({os.getcwd()}), "
        f"in ${PATH_VARIABLE} ({searched}) and among the bundled programs."
    )
