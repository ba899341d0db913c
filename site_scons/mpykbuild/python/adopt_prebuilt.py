# SPDX-License-Identifier: GPL-3.0-or-later
"""Make a CPython product from a prebuilt Python. The product has the same files as one that ``native`` builds.

The manifest decides which modules are taken. This module reads the objects of the prebuilt library. It finds the
wanted modules that the library lacks, the modules that are not wanted, and the modules that need libraries of the
host. ``report.txt`` in the product lists them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mpykbuild.base import recipe
from mpykbuild.base.cache import Product, build_once
from mpykbuild.base.errors import BuildError
from mpykbuild.base.patching import apply_patch, changed_files
from mpykbuild.base.paths import MANIFESTS, PATCHES, PROJECT
from mpykbuild.base.process import build_environment, output_of, run
from mpykbuild.python import byte_compile, find_prebuilt, inittab, manifest, old_linker, patches
from mpykbuild.python.find_prebuilt import Prebuilt
from mpykbuild.python.inside import import_probe, imports
from mpykbuild.python.manifest import Manifest
from mpykbuild.toolchain import archive_graph, archives  # fmt: skip
from mpykbuild.toolchain.archive_graph import Graph
from mpykbuild.toolchain.compilers import compiler_identity

SHIMS = PROJECT / "ext" / "prebuilt_shims"
MAIN_SOURCE = '#include "Python.h"\nint main(int argc, char **argv) { return Py_BytesMain(argc, argv); }\n'
CFLAGS = ("-O2", "-g0", "-fPIC", "-fno-semantic-interposition")
ENTRY = "Py_BytesMain"
MAX_SHOWN = 6


@dataclass(frozen=True)
class Choice:
    """The built-in modules that are linked, and the reasons why others are not.

    ``taken`` are linked. ``lacking`` are wanted, but the library does not have them. ``surplus`` are in the library,
    but not wanted. ``unusable`` are wanted, but need symbols that neither the library nor the C library defines; each
    is mapped to these symbols.
    """

    taken: frozenset[str]
    lacking: frozenset[str]
    surplus: frozenset[str]
    unusable: Mapping[str, frozenset[str]]


def adopted_product(
    python: Prebuilt, cache_root: Path, *, cc: str = "gcc", manifests: Path = MANIFESTS, patch_root: Path = PATCHES
) -> Product:
    """Return the product of ``python``, whether it is made already or not."""
    goal = manifest.load_manifest(manifests, python.minor)
    inputs: dict[str, str | bytes] = {
        "prebuilt": find_prebuilt.prebuilt_key(python),
        "version": python.version,
        "compiler": compiler_identity(cc),
        "stdlib": (goal.folder / manifest.STDLIB).read_bytes(),
        **{f"shim {path.name}": path.read_bytes() for path in sorted(SHIMS.glob("*.c"))},
        **{f"manifest {name}": content for name, content in manifest.manifest_inputs(goal).items()},
        **{f"patch {name}": content for name, content in patches.patch_inputs(patch_root / python.minor).items()},
    }
    return recipe.product(cache_root, "cpython", f"{python.version}-prebuilt", (__name__,), inputs)


def adopt_python(
    wanted: Product,
    python: Prebuilt,
    *,
    cc: str = "gcc",
    path: str | None = None,
    manifests: Path = MANIFESTS,
    patch_root: Path = PATCHES,
) -> Path:
    """Return the folder of ``wanted``. If it is not there yet, make it and print the report. ``path`` is $PATH."""
    goal = manifest.load_manifest(manifests, python.minor)
    make = partial(_make, goal, python, patch_root / python.minor, cc, build_environment(path))
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
        text = adoption_report(goal, python, choice, lib, failing)
        (folder / find_prebuilt.REPORT).write_text(text, encoding="utf-8")
        (folder / "builtin.txt").write_text("".join(f"{name}\n" for name in sorted(choice.taken)))
        (folder / "version.txt").write_text(f"{python.version}\n")
        (folder / "link.txt").write_text("-lm -ldl -lpthread\n")
        print(text, flush=True)
        _refuse_without_our_imports(failing, folder, lib)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _take_headers(python: Prebuilt, target: Path) -> None:
    shutil.copytree(python.headers, target)
    shutil.copyfile(python.pyconfig, target / "pyconfig.h")


def _take_stdlib(python: Prebuilt, patch_folder: Path, tree: Path, lib: Path) -> None:
    """Copy the modules, and apply those of our patches that change only modules (files in ``Lib``)."""
    for name in find_prebuilt.stdlib_files(python.lib):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(python.lib / name, tree / name)
    if not python.own:
        for patch in patches.series(patch_folder):
            if all(name.startswith("Lib/") for name in changed_files(patch)):
                apply_patch(patch, tree.parent)
    tree.rename(lib)
    (lib / "lib-dynload").mkdir()


def choose_modules(goal: Manifest, offered: frozenset[str], graph: Graph) -> Choice:
    """Decide which of the built-in modules in the library (``offered``) are linked."""
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
    """Make lib/libpython.a from the objects that can be linked and our own table of built-in modules."""
    objects = work / "objects"
    found = archives.collect_objects([python.archive])
    for name, content in found.items():
        (objects / name).write_bytes(old_linker.adapt_object(content))
    names = [*found, *_compile_shims(objects, cc, env)]
    graph = archive_graph.build_graph(archive_graph.read_members(objects, names), work, cc, env)
    offered = inittab.modules_of(graph)
    if not offered:
        raise BuildError(f"{python.archive} has no table of built-in modules.", find_prebuilt.NEXT_STEP)
    # Our table replaces the library's. If the old one stayed in the graph, the modules that only it names would count.
    graph = graph.without(graph.definer[inittab.TABLE])
    choice = choose_modules(goal, offered, graph)
    _refuse_foreign_core(python, graph, choice)
    table = objects / "mpyk_config.c"
    table.write_text(inittab.inittab_source(choice.taken), encoding="utf-8")
    output_of([cc, *CFLAGS, f"-I{folder}/include", "-c", table.name, "-o", "mpyk_config.o"], cwd=objects, env=env)
    usable = [name for name in graph.members if not graph.unmet([name])]
    archive = folder / "lib" / "libpython.a"
    output_of(["ar", "rcsD", str(archive), "mpyk_config.o", *sorted(usable)], cwd=objects, env=env)
    _refuse_absolute_code(python, archive, work, cc, env)
    return choice


def _compile_shims(objects: Path, cc: str, env: Mapping[str, str]) -> list[str]:
    sources = sorted(SHIMS.glob("*.c"))
    for source in sources:
        output_of([cc, *CFLAGS, "-c", str(source), "-o", f"mpyk_{source.stem}.o"], cwd=objects, env=env)
    return [f"mpyk_{source.stem}.o" for source in sources]


def _refuse_foreign_core(python: Prebuilt, graph: Graph, choice: Choice) -> None:
    """Raise BuildError if the interpreter or a module that is taken needs a function that the C library lacks."""
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
    """Raise BuildError if the objects cannot be linked into a shared object."""
    command = [cc, "-shared", "-o", str(work / "tried.so"), f"-Wl,-u,{ENTRY}", str(archive), *archive_graph.LIBRARIES]
    done = run(command, env=env)
    if done.status:
        raise BuildError(
            f"{python.archive} cannot be linked into a shared object: {done.stderr.strip().splitlines()[0]}",
            "give a Python whose static library was compiled with -fPIC",
        )


def _link_interpreter(folder: Path, work: Path, cc: str, env: Mapping[str, str]) -> None:
    """Link bin/python from the new library. It compiles the bundle later; that it runs shows that the library works."""
    (work / "main.c").write_text(MAIN_SOURCE, encoding="utf-8")
    archive = str(folder / "lib" / "libpython.a")
    output_of([cc, *CFLAGS, f"-I{folder}/include", "-c", "main.c", "-o", "main.o"], cwd=work, env=env)
    output_of(
        [cc, "main.o", archive, *archive_graph.LIBRARIES, "-o", str(folder / "bin" / "python")], cwd=work, env=env
    )


def _run_inside(folder: Path, program: str, question: object) -> object:
    """Run a program of ``inside/`` with the interpreter of the product. Question and answer are JSON."""
    what = "The interpreter linked from the prebuilt library does not run"
    return byte_compile.ask_program(folder / "bin" / "python", program, question, what)


def _import_all(goal: Manifest, folder: Path, lib: Path) -> dict[str, str]:
    """Return the modules of stdlib.lst that cannot be imported, each with the reason."""
    listed, _ = goal.stdlib.resolve(lib)
    names = [imports.module_name(path) for path in listed if path.name != "__main__.py"]
    answer = _run_inside(folder, import_probe.__file__, names)
    assert isinstance(answer, dict)
    return answer


def _refuse_without_our_imports(failing: Mapping[str, str], folder: Path, lib: Path) -> None:
    """Raise BuildError if a module that PyKdump itself imports cannot be imported."""
    ours = [str(path.relative_to(PROJECT)) for path in sorted((PROJECT / "pykdump").rglob("*.py"))]
    answer = _run_inside(folder, imports.__file__, {"lib": str(PROJECT), "files": ours})
    assert isinstance(answer, dict)
    needed = {name: importer for importer, names in answer.items() for name in names}
    lines = [f"  - {needed[name]} imports {name}: {failing[name]}" for name in sorted(failing.keys() & needed.keys())]
    if lines:
        raise BuildError(
            "PyKdump itself needs these modules, but they cannot be imported:\n" + "\n".join(lines),
            find_prebuilt.NEXT_STEP,
        )


def adoption_report(goal: Manifest, python: Prebuilt, choice: Choice, lib: Path, failing: Mapping[str, str]) -> str:
    """Return the text of ``report.txt``: which modules and files were taken, and which were not."""
    _, missing = goal.stdlib.resolve(lib)
    extra = manifest.upstream_stdlib(lib) - goal.stdlib.mentioned()
    needs = [f"{module} (needs {_shortened(names)})" for module, names in sorted(choice.unusable.items())]
    rows = [
        ("built-in modules taken", _shortened(choice.taken, 0)),
        ("wanted, not in the library", _shortened(choice.lacking, 99)),
        ("wanted, need foreign libraries", ", ".join(needs) or "none"),
        ("in the library, not wanted", _shortened(choice.surplus, 99)),
        ("wanted files, missing", _shortened(missing, 99)),
        ("modules that stdlib.lst does not mention", _shortened(extra, 99)),
        ("modules that cannot be imported", "".join(f"\n    {n}: {r}" for n, r in sorted(failing.items())) or "none"),
    ]
    head = f"Python {python.version} from {python.folder}, compared with {goal.folder.parent.name}/{goal.folder.name}:"
    return "\n".join([head, *(f"  {name}: {text}" for name, text in rows)]) + "\n"


def _shortened(names: Iterable[str], limit: int = MAX_SHOWN) -> str:
    """Return the names in one line: at most ``limit`` of them, or only their number if ``limit`` is 0."""
    known = sorted(names)
    if len(known) <= limit:
        return ", ".join(known) or "none"
    return f"{', '.join(known[:limit])}… ({len(known)})" if limit else str(len(known))
