# SPDX-License-Identifier: GPL-3.0-or-later
"""Make of a prebuilt Python what ``cpython`` makes of a source: a product of the same shape.

The manifest decides what is taken. What the prebuilt Python lacks, what it has too much, and what cannot be linked
without libraries of the host is found out by looking at its objects, and told in ``report.txt`` of the product.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mpykbuild import (
    archivesyms,
    importprobe,
    imports,
    inittab,
    libmerge,
    manifest,
    oldlinker,
    patches,
    prebuilt,
    pycompile,
    unpack,
)  # fmt: skip
from mpykbuild.archivesyms import Graph
from mpykbuild.cache import Product, build_once, digest_of
from mpykbuild.cpython import compiler_identity
from mpykbuild.errors import BuildError
from mpykbuild.manifest import Manifest
from mpykbuild.paths import MANIFESTS, PATCHES, PROJECT
from mpykbuild.prebuilt import Prebuilt
from mpykbuild.pysteps import SOURCE_DATE_EPOCH

RECIPE_FILES = (
    "takeover.py",
    "prebuilt.py",
    "archivesyms.py",
    "inittab.py",
    "importprobe.py",
    "libmerge.py",
    "oldlinker.py",
)
SHIMS = PROJECT / "ext" / "prebuilt_shims"
MAIN = '#include "Python.h"\nint main(int argc, char **argv) { return Py_BytesMain(argc, argv); }\n'
CFLAGS = ("-O2", "-g0", "-fPIC", "-fno-semantic-interposition")
ENTRY = "Py_BytesMain"
SHOWN = 6
_TARGET = re.compile(r"^\+\+\+ [^/\s]+/(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Choice:
    """Which built-in modules are taken, and why others are not. ``unusable``: module to the foreign names it needs."""

    taken: frozenset[str]
    lacking: frozenset[str]
    surplus: frozenset[str]
    unusable: Mapping[str, frozenset[str]]


def product(
    python: Prebuilt, cache_root: Path, *, cc: str = "gcc", manifests: Path = MANIFESTS, patch_root: Path = PATCHES
) -> Product:
    """Return where the product is, or will be."""
    goal = manifest.load(manifests, python.minor)
    here = Path(__file__).parent
    inputs: dict[str, str | bytes] = {
        "prebuilt": prebuilt.key(python),
        "version": python.version,
        "compiler": compiler_identity(cc),
        "stdlib": (goal.folder / manifest.STDLIB).read_bytes(),
        **{f"recipe {name}": (here / name).read_bytes() for name in RECIPE_FILES},
        **{f"shim {path.name}": path.read_bytes() for path in sorted(SHIMS.glob("*.c"))},
        **{f"manifest {name}": content for name, content in manifest.inputs(goal).items()},
        **{f"patch {name}": content for name, content in patches.inputs(patch_root / python.minor).items()},
    }
    return Product(root=cache_root, kind="cpython", name=f"{python.version}-prebuilt", key=digest_of(inputs))


def build(
    wanted: Product,
    python: Prebuilt,
    *,
    cc: str = "gcc",
    path: str | None = None,
    manifests: Path = MANIFESTS,
    patch_root: Path = PATCHES,
) -> Path:
    """Return the folder of ``wanted``, making it first if need be; prints the report then. ``path`` is $PATH."""
    goal = manifest.load(manifests, python.minor)
    make = partial(_make, goal, python, patch_root / python.minor, cc, _environment(path))
    return build_once(wanted, make, {"version": python.version})


def _make(goal: Manifest, python: Prebuilt, patch_folder: Path, cc: str, env: Mapping[str, str], folder: Path) -> None:
    work = folder / "work"
    for place in (work / "objects", folder / "lib", folder / "bin"):
        place.mkdir(parents=True)
    try:
        _take_headers(python, folder / "include")
        lib = folder / "lib" / f"python{python.minor}"
        _take_stdlib(python, patch_folder, work / "src" / "Lib", lib)
        choice = _take_library(goal, python, folder, work, cc, env)
        _link_interpreter(folder, work, cc, env)
        failing = _import_all(goal, folder, lib)
        text = report(goal, python, choice, lib, failing)
        (folder / prebuilt.REPORT).write_text(text, encoding="utf-8")
        (folder / "builtin.txt").write_text("".join(f"{name}\n" for name in sorted(choice.taken)))
        (folder / "version.txt").write_text(f"{python.version}\n")
        (folder / "link.txt").write_text("-lm -ldl -lpthread\n")
        print(text, flush=True)
        _refuse_what_we_need(failing, folder, lib)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _environment(path: str | None) -> dict[str, str]:
    return {
        "PATH": path or os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin"),
        "LC_ALL": "C", "TZ": "UTC", "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH, "ZERO_AR_DATE": "1",
    }  # fmt: skip


def _take_headers(python: Prebuilt, target: Path) -> None:
    shutil.copytree(python.headers, target)
    shutil.copyfile(python.pyconfig, target / "pyconfig.h")


def _take_stdlib(python: Prebuilt, patch_folder: Path, tree: Path, lib: Path) -> None:
    """Copy the modules and give them those of our patches that concern nothing but modules."""
    for name in prebuilt.stdlib_files(python.lib):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(python.lib / name, tree / name)
    if not python.own:
        for patch in patches.series(patch_folder):
            if all(name.startswith("Lib/") for name in _TARGET.findall(patch.read_text())):
                unpack.apply_patch(patch, tree.parent)
    tree.rename(lib)
    (lib / "lib-dynload").mkdir()


def choose(goal: Manifest, offered: frozenset[str], graph: Graph) -> Choice:
    """Decide which of the built-in modules that the library offers are linked."""
    unusable: dict[str, frozenset[str]] = {}
    for module in goal.builtin & offered:
        unmet = graph.unmet(graph.reach([inittab.function_of(module)]))
        if unmet:
            unusable[module] = frozenset(unmet)
    taken = (goal.builtin & offered) - unusable.keys()
    return Choice(taken, goal.builtin - offered, offered - goal.builtin, unusable)


def _take_library(
    goal: Manifest, python: Prebuilt, folder: Path, work: Path, cc: str, env: Mapping[str, str]
) -> Choice:
    """Make lib/libpython.a: the objects that can be linked, with our table of built-in modules."""
    objects = work / "objects"
    found = libmerge.collect([python.archive])
    for name, content in found.items():
        (objects / name).write_bytes(oldlinker.adapted(content))
    names = [*found, *_compile_shims(objects, cc, env)]
    graph = archivesyms.graph(archivesyms.read(objects, names), work, cc, env)
    offered = inittab.modules_of(graph)
    if not offered:
        raise BuildError(f"{python.archive} has no table of built-in modules.", prebuilt.NEXT)
    # The library's own table must not lead us to what ours will not name.
    graph = graph.without(graph.definer[inittab.TABLE])
    choice = choose(goal, offered, graph)
    _refuse_foreign_core(python, graph, choice)
    table = objects / "mpyk_config.c"
    table.write_text(inittab.source(choice.taken), encoding="utf-8")
    _run([cc, *CFLAGS, f"-I{folder}/include", "-c", table.name, "-o", "mpyk_config.o"], objects, env)
    usable = [name for name in graph.members if not graph.unmet([name])]
    archive = folder / "lib" / "libpython.a"
    _run(["ar", "rcsD", str(archive), "mpyk_config.o", *sorted(usable)], objects, env)
    _refuse_absolute_code(python, archive, work, cc, env)
    return choice


def _compile_shims(objects: Path, cc: str, env: Mapping[str, str]) -> list[str]:
    sources = sorted(SHIMS.glob("*.c"))
    for source in sources:
        _run([cc, *CFLAGS, "-c", str(source), "-o", f"mpyk_{source.stem}.o"], objects, env)
    return [f"mpyk_{source.stem}.o" for source in sources]


def _refuse_foreign_core(python: Prebuilt, graph: Graph, choice: Choice) -> None:
    """Refuse a library whose interpreter itself needs what no part of the C library has."""
    roots = [ENTRY, *(inittab.function_of(module) for module in choice.taken)]
    reached = graph.reach(roots)
    lines = [
        f"  - {name} needs {', '.join(sorted(graph.unmet([name])))}" for name in sorted(reached) if graph.unmet([name])
    ]
    if lines:
        raise BuildError(
            f"{python.archive} needs functions that this machine's C library does not have:\n" + "\n".join(lines),
            "build on a machine with a newer C library, or add them to ext/prebuilt_shims/",
        )


def _refuse_absolute_code(python: Prebuilt, archive: Path, work: Path, cc: str, env: Mapping[str, str]) -> None:
    """Refuse objects that cannot be part of a shared object."""
    command = [cc, "-shared", "-o", str(work / "tried.so"), f"-Wl,-u,{ENTRY}", str(archive), *archivesyms.LIBRARIES]
    done = subprocess.run(command, env=dict(env), capture_output=True, text=True, check=False)
    if done.returncode:
        first = done.stderr.strip().splitlines()[0]
        raise BuildError(
            f"{python.archive} cannot be linked into a shared object: {first}",
            "give a Python whose static library was compiled with -fPIC",
        )


def _link_interpreter(folder: Path, work: Path, cc: str, env: Mapping[str, str]) -> None:
    """Link bin/python from what was taken: it compiles the bundle, and shows that the library works."""
    (work / "main.c").write_text(MAIN, encoding="utf-8")
    archive = str(folder / "lib" / "libpython.a")
    _run([cc, *CFLAGS, f"-I{folder}/include", "-c", "main.c", "-o", "main.o"], work, env)
    _run([cc, "main.o", archive, *archivesyms.LIBRARIES, "-o", str(folder / "bin" / "python")], work, env)


def _ask(folder: Path, program: str, question: object) -> object:
    """Run one of our files with the interpreter of the product, JSON in and JSON out."""
    done = subprocess.run(
        [str(folder / "bin" / "python"), *pycompile.FLAGS, program], input=json.dumps(question),
        env=pycompile.ENVIRONMENT, text=True, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise BuildError(f"The interpreter linked from the prebuilt library does not run:\n{done.stderr.rstrip()}")
    return json.loads(done.stdout)


def _import_all(goal: Manifest, folder: Path, lib: Path) -> dict[str, str]:
    """Return the listed modules that cannot be imported, each with the reason."""
    listed, _ = goal.stdlib.resolve(lib)
    names = [imports.module_name(path) for path in listed if path.name != "__main__.py"]
    answer = _ask(folder, importprobe.__file__, names)
    assert isinstance(answer, dict)
    return answer


def _refuse_what_we_need(failing: Mapping[str, str], folder: Path, lib: Path) -> None:
    """Refuse a Python without which our own modules could not be imported."""
    ours = [str(path.relative_to(PROJECT)) for path in sorted((PROJECT / "pykdump").rglob("*.py"))]
    answer = _ask(folder, imports.__file__, {"lib": str(PROJECT), "files": ours})
    assert isinstance(answer, dict)
    needed = {name: importer for importer, names in answer.items() for name in names}
    lines = [f"  - {needed[name]} imports {name}: {failing[name]}" for name in sorted(failing.keys() & needed.keys())]
    if lines:
        raise BuildError("PyKdump itself cannot do without these modules:\n" + "\n".join(lines), prebuilt.NEXT)


def report(goal: Manifest, python: Prebuilt, choice: Choice, lib: Path, failing: Mapping[str, str]) -> str:
    """Return the table of what was taken and what was not."""
    _, missing = goal.stdlib.resolve(lib)
    extra = manifest.upstream_stdlib(lib) - goal.stdlib.top_level() - goal.stdlib.omitted.keys()
    needs = [f"{module} (needs {_some(names)})" for module, names in sorted(choice.unusable.items())]
    rows = [
        ("built-in modules taken", _some(choice.taken, 0)),
        ("wanted, not in the library", _some(choice.lacking, 99)),
        ("wanted, need foreign libraries", ", ".join(needs) or "none"),
        ("in the library, not wanted", _some(choice.surplus, 99)),
        ("wanted files, not there", _some(missing, 99)),
        ("files that no list mentions", _some(extra, 99)),
        ("modules that cannot be imported", "".join(f"\n    {n}: {r}" for n, r in sorted(failing.items())) or "none"),
    ]
    head = f"Python {python.version} from {python.folder}, measured by {goal.folder.parent.name}/{goal.folder.name}:"
    return "\n".join([head, *(f"  {name}: {text}" for name, text in rows)]) + "\n"


def _some(names: Iterable[str], most: int = SHOWN) -> str:
    known = sorted(names)
    if len(known) <= most:
        return ", ".join(known) or "none"
    return f"{', '.join(known[:most])}… ({len(known)})" if most else str(len(known))


def _run(command: list[str], cwd: Path, env: Mapping[str, str]) -> None:
    done = subprocess.run(command, cwd=cwd, env=dict(env), capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{command[0]} failed with status {done.returncode}:\n{done.stderr.rstrip()[-2000:]}")
