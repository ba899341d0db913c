# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the modules that stdlib files import, and those among them that are neither listed nor built in.

Only an interpreter of the same release can parse its whole stdlib. So ``bin/python`` of the product runs this file as
a program. It reads a request from stdin and prints the answer to stdout, both as JSON.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

# Modules that every interpreter has and that have no file.
ALWAYS = frozenset({"__main__", "os.path", "collections.abc", "_frozen_importlib", "_frozen_importlib_external"})


def module_name(path: Path) -> str:
    """Return "json.decoder" for json/decoder.py and "json" for json/__init__.py."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def unmet_imports(imported: Mapping[str, Iterable[str]], builtin: frozenset[str]) -> dict[str, set[str]]:
    """Return the modules that the keys of ``imported`` import, but that are neither keys nor built in.

    Each is mapped to the modules that import it.
    """
    present = imported.keys() | builtin | ALWAYS
    result: dict[str, set[str]] = {}
    for importer, names in imported.items():
        for name in names:
            if name not in present:
                result.setdefault(name, set()).add(importer)
    return result


def survey_imports(lib: Path, files: Iterable[Path]) -> dict[str, list[str]]:
    """Map the module name of each of ``files`` (relative to ``lib``) to the modules that it imports."""
    return {module_name(path): sorted(imported_modules(lib, path)) for path in files}


def imported_modules(lib: Path, path: Path) -> set[str]:
    """Return the absolute names of all modules that a file imports, also inside its functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((lib / path).read_bytes())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.update(_with_parents(alias.name))
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(path, node)
            found.update(_with_parents(base))
            found.update(f"{base}.{alias.name}" for alias in node.names if is_module(lib, f"{base}.{alias.name}"))
    return found


def _with_parents(name: str) -> Iterator[str]:
    pieces = name.split(".")
    return (".".join(pieces[:count]) for count in range(1, len(pieces) + 1))


def _absolute(path: Path, node: ast.ImportFrom) -> str:
    """Return the absolute name of the module that ``from ... import`` names."""
    if not node.level:
        return node.module or ""
    base = path.parts[: len(path.parts) - node.level]
    return ".".join((*base, node.module) if node.module else base)


def is_module(lib: Path, name: str) -> bool:
    """Return whether ``lib`` has a file for the module or package ``name``."""
    path = lib.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


if __name__ == "__main__":
    request = json.load(sys.stdin)
    json.dump(survey_imports(Path(request["lib"]), [Path(name) for name in request["files"]]), sys.stdout)
