# SPDX-License-Identifier: GPL-3.0-or-later
"""The compiled code of the programs of this session and of the modules next to them.

Modules next to a program are forgotten when it ends, and no ``.pyc`` files are written. Without this cache each run
would compile everything again, and show the compiler's warnings about old regular expressions again.
"""

from __future__ import annotations

import sys
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
    SourcelessFileLoader,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

_compiled: dict[str, tuple[bytes, CodeType]] = {}


def code_of(source: bytes, path: str) -> CodeType:
    """Compile the text of a file, unless this session has compiled the same text. Raises SyntaxError."""
    known = _compiled.get(path)
    if known is not None and known[0] == source:
        return known[1]
    # dont_inherit: the __future__ imports of this module must not apply to the program.
    code = compile(source, path, "exec", dont_inherit=True)
    _compiled[path] = source, code
    return code


class _Loader(SourceFileLoader):
    """The loader of modules from files."""

    # Python 3.15 gives one argument more, the name of the module.
    def source_to_code(self, data: Any, path: Any, *more: Any, **options: Any) -> CodeType:  # type: ignore[override]
        return code_of(data, path)


_hook = FileFinder.path_hook(
    (ExtensionFileLoader, EXTENSION_SUFFIXES),
    (_Loader, SOURCE_SUFFIXES),
    (SourcelessFileLoader, BYTECODE_SUFFIXES),
)


def install() -> None:
    """Take the code of modules from files from the cache. A second call does nothing."""
    if _hook not in sys.path_hooks:
        sys.path_hooks.insert(0, _hook)  # it refuses archives
