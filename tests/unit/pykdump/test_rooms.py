# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms of pykdump: which room may import which, no circles, who may print, how large a room may be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[3] / "pykdump"
CORE = "core"  # the modules of the folder pykdump itself
# {room: the rooms that its modules may import, besides itself}. All of them may import the module `crash`.
MAY_IMPORT: dict[str, set[str]] = {
    CORE: set(),
    "linux": {CORE},
    "command_layer": {CORE},
    "commands": {CORE, "linux", "command_layer"},
    "legacy": {CORE, "linux"},
    "runtime": {CORE},
}
# Modules that have names of modules as data: they start those modules by name, which is their purpose.
STARTS_BY_NAME = {"pykdump.runtime.aliases", "pykdump.runtime.programs"}
NEVER_PRINTS = "linux"
MAX_SOURCES = 25
MODULE_NAME = re.compile(r"pykdump(\.\w+)+")


def modules(package: Path) -> dict[str, Path]:
    """{"pykdump.linux.fs": its file} of every module."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def room_of(module: str, known: dict[str, Path]) -> str:
    first = module.split(".")[1] if "." in module else ""
    return first if first and known.get(f"pykdump.{first}", Path()).name == "__init__.py" else CORE


def imports(module: str, path: Path, known: dict[str, Path]) -> Iterator[tuple[str, int]]:
    """(imported module of ours, line) of each import, those in functions, for types only and by name included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: imports are absolute"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in known else str(node.module) for name in whole]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and MODULE_NAME.fullmatch(node.value):
            names = [] if module in STARTS_BY_NAME else [node.value]
        yield from ((name, node.lineno) for name in names if name in known and name != module)  # type: ignore[attr-defined]


def upward_imports(package: Path) -> list[str]:
    known = modules(package)
    wrong = []
    for module, path in known.items():
        room = room_of(module, known)
        for name, line in imports(module, path, known):
            if room_of(name, known) not in {room, *MAY_IMPORT[room]}:
                wrong.append(f"{module}:{line} imports {name}")
    return wrong


def circles(package: Path) -> list[str]:
    """Each circle of modules that import each other, as "a > b > a"."""
    known = modules(package)
    edges = {module: sorted({name for name, _ in imports(module, path, known)}) for module, path in known.items()}
    found: list[str] = []
    done: set[str] = set()

    def visit(module: str, trail: list[str]) -> None:
        if module in trail:
            found.append(" > ".join([*trail[trail.index(module) :], module]))
        elif module not in done:
            for name in edges[module]:
                visit(name, [*trail, module])
            done.add(module)

    for module in edges:
        visit(module, [])
    return found


def outputs(path: Path) -> list[str]:
    """Each use of print(), sys.stdout or sys.stderr in a file."""
    return [
        f"{path.name}:{getattr(node, 'lineno', '?')}"  # an alias has no line in Python 3.9
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Name) and node.id in ("print", "input"))
        or (isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr"))
        or (isinstance(node, ast.alias) and node.name in ("stdout", "stderr"))
    ]


def test_imports_go_one_way() -> None:
    assert upward_imports(PACKAGE) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(PACKAGE) == []


def test_kernel_helpers_do_not_print() -> None:
    assert [use for path in sorted((PACKAGE / NEVER_PRINTS).rglob("*.py")) for use in outputs(path)] == []


def test_rooms_are_known_and_say_what_they_may_import() -> None:
    rooms = {path.parent.name: path for path in PACKAGE.glob("*/__init__.py")}
    assert set(rooms) == set(MAY_IMPORT) - {CORE}
    for path in [PACKAGE / "__init__.py", *rooms.values()]:
        assert "import" in (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""), path


def test_rooms_are_small() -> None:
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert {str(f): n for f in folders if (n := len(list(f.glob("*.py")))) > MAX_SOURCES} == {}


# ---- the tests above go red ----


@pytest.fixture
def small_package(tmp_path: Path) -> Path:
    package = tmp_path / "pykdump"
    for name in ("__init__", "lists", "linux/__init__", "linux/tasks", "linux/fs/__init__", "commands/__init__",
                 "commands/show", "runtime/__init__", "runtime/runner", "legacy/__init__"):  # fmt: skip
        path = package / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return package


@pytest.mark.parametrize(
    ("module", "statement", "name"),
    [
        ("lists", "from pykdump.linux import tasks", "pykdump.linux.tasks"),
        ("lists", "def f():\n    import pykdump.commands.show", "pykdump.commands.show"),
        ("lists", "f = function('pykdump.linux.tasks', 'f')", "pykdump.linux.tasks"),
        ("lists", "from pykdump.runtime.runner import main", "pykdump.runtime.runner"),
        ("linux/tasks", "if TYPE_CHECKING:\n    from pykdump.commands.show import x", "pykdump.commands.show"),
        ("linux/fs/__init__", "import pykdump.legacy", "pykdump.legacy"),
        ("commands/show", "from pykdump.runtime import runner", "pykdump.runtime.runner"),
        ("runtime/runner", "from pykdump import linux", "pykdump.linux"),
    ],
)
def test_an_upward_import_is_found(small_package: Path, module: str, statement: str, name: str) -> None:
    assert upward_imports(small_package) == []
    (small_package / f"{module}.py").write_text(statement + "\n")
    assert [text.rpartition(" ")[2] for text in upward_imports(small_package)] == [name]


def test_a_downward_import_is_fine(small_package: Path) -> None:
    (small_package / "linux/tasks.py").write_text("from pykdump.lists import readList\nimport pykdump.linux.fs\n")
    (small_package / "commands/show.py").write_text("from pykdump.linux import tasks\nfrom pykdump import lists\n")
    assert upward_imports(small_package) == circles(small_package) == []


def test_a_circle_is_found(small_package: Path) -> None:
    (small_package / "linux/tasks.py").write_text("def f():\n    from pykdump.linux import fs\n")
    (small_package / "linux/fs/__init__.py").write_text("from pykdump.linux.tasks import f\n")
    assert circles(small_package) == ["pykdump.linux.fs > pykdump.linux.tasks > pykdump.linux.fs"]


@pytest.mark.parametrize("statement", ["print(1)", "import sys\nsys.stdout.write('x')", "from sys import stderr"])
def test_output_is_found(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "x.py"
    path.write_text(statement + "\n")
    assert len(outputs(path)) == 1
