# SPDX-License-Identifier: GPL-3.0-or-later
"""SCons tool: mpykdump.so of one variant.

    extension = env.MpykExtension(variant, crash_stamps, library_stamps, bundle)

``library_stamps`` are the stamps of the static libraries that are linked: CPython and libdeflate. The C units are
compiled once, against the newest crash of the variant. Each gdb major has its own bridge. A probe is compiled against
each crash, and the build compares what the probes found.

Compiler flags and gdb's enums come from the crash tree, which may appear only during the build. So a step of the build
reads them and writes response files, which the compiler reads.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from SCons.Action import Action

from mpykbuild.artefact import command_table, extension_file
from mpykbuild.base import module_deps, paths
from mpykbuild.crash import bridges, gdb_enums, layout_probe, requirements_section
from mpykbuild.crash import symbols as crash_symbols
from mpykbuild.crash import tree as crash_tree
from mpykbuild.plan.records import CrashPlan, Variant
from mpykbuild.toolchain import response_file

WARNINGS = ["-Wall", "-Wextra", "-Werror"]
COMMON = ["-O2", "-g0", "-fPIC", "-fvisibility=hidden", "-fno-strict-aliasing", *WARNINGS]

UNITS_WITH_SOURCE_ID = ("module/module",)
EXPORTS = "ext/mpykdump.map"
LINKER_FLAGS = [
    "-Bsymbolic",
    "--exclude-libs,ALL",
    "--as-needed",
    "--gc-sections",
    "--wrap=pthread_create",
    f"--version-script={EXPORTS}",
]


def _crash_facts(env: Any, crash: CrashPlan, crash_stamp: Any, folder: str) -> Any:
    """Return the nodes of gdb_enums_generated.h and of a response file for each language, from one crash tree."""

    def make(target: list[Any], source: list[Any], env: Any) -> None:
        tree = crash_tree.parse_tree(crash.tree)
        texts = [gdb_enums.enums_header(tree)]
        texts += [
            response_file.text_of(crash_tree.compile_flags(tree, language, crash.machine)) for language in ("c", "c++")
        ]
        for node, text in zip(target, texts):
            Path(node.abspath).write_text(text, encoding="utf-8")

    names = [f"{folder}/{name}" for name in ("gdb_enums_generated.h", "crash_c.rsp", "gdb_headers.rsp")]
    facts = env.Command(names, crash_stamp, Action(env["MPYK_REPORT_ERRORS"](make), "Reading gdb's enums for $TARGET"))
    env.Depends(
        facts, [str(path) for path in module_deps.files_of("crash.tree", "crash.gdb_enums", "toolchain.response_file")]
    )
    return facts


def _symbol_table(env: Any, variant: Variant, folder: str) -> Any:
    """Return the nodes of two headers: what the extension takes from crash, and which crashes it is built for."""

    def make(target: list[Any], source: list[Any], env: Any) -> None:
        texts = [
            crash_symbols.symbols_header(
                crash_symbols.symbols_for_bridges(crash_symbols.load_symbols(), variant.crash_by_gdb),
                variant.crash_by_gdb,
            ),
            crash_symbols.built_for_header(variant.versions, list(variant.crash_by_gdb)),
        ]
        for node, text in zip(target, texts):
            Path(node.abspath).write_text(text, encoding="utf-8")

    names = [f"{folder}/crash_symbols_generated.h", f"{folder}/built_for_generated.h"]
    sources = [str(crash_symbols.TABLE), env.Value([list(variant.versions), list(variant.crash_by_gdb)])]
    action = Action(env["MPYK_REPORT_ERRORS"](make), "Listing the names taken from crash in $TARGET")
    table = env.Command(names, sources, action)
    env.Depends(table, [str(path) for path in module_deps.files_of("crash.symbols")])
    return table


def _command_table(env: Any, folder: str) -> Any:
    """Return the node of the header with all commands of pykdump."""

    def make(target: list[Any], source: list[Any], env: Any) -> None:
        text = command_table.commands_header(paths.PROJECT / "pykdump" / "commands")
        Path(target[0].abspath).write_text(text, encoding="utf-8")

    files = [str(path) for path in command_table.command_files(paths.PROJECT / "pykdump" / "commands")]
    action = Action(env["MPYK_REPORT_ERRORS"](make), "Listing the commands in $TARGET")
    table = env.Command(f"{folder}/commands_generated.h", files, action)
    env.Depends(table, [str(path) for path in module_deps.files_of("artefact.command_table")])
    return table


def _compile_environment(env: Any, variant: Variant, folder: str) -> Any:
    """Return an environment with the flags for one variant. SCons does not scan the folders given by -isystem."""
    trees = [crash.tree for crash in variant.crashes]
    maps = [f"-ffile-prefix-map={place}=." for place in (paths.PROJECT, *trees, variant.python.folder)]
    includes = ["-isystem", str(variant.python.folder / "include"), "-isystem", f"{env['MPYK_LIBDEFLATE']}/include"]
    includes += env["MPYK_COMPILERS"].fallback_header_flags()
    linker_flags = [*LINKER_FLAGS, *env["MPYK_COMPILERS"].extra_linker_flags]
    local = env.Clone(
        # SCons ignores what is between $( and $) when it compares command lines: the location of the project does not
        # change the objects, so it must not make SCons compile them again.
        CCFLAGS=[*COMMON, "$(", *maps, "$)", *includes], CPPDEFINES={"MPYK_VERSION": f'\\"{env["MPYK_VERSION"]}\\"'},
        LINKFLAGS=[f"-L{env.Dir(folder).abspath}/glibc", *(f"-Wl,{flag}" for flag in linker_flags)],
        # These are paths and not nodes, because the archives appear only during the build. Stamps represent them.
        MPYK_ARCHIVES=[f"{variant.python.folder}/lib/libpython.a", f"{env['MPYK_LIBDEFLATE']}/lib/libdeflate.a"],
        MPYK_LIBRARIES=[*env["MPYK_COMPILERS"].extra_libraries, "-lm", "-ldl", "-lpthread", "-lutil", "-lrt"],
        SHLINKCOM="$CXX -shared $LINKFLAGS -o $TARGET $SOURCES $MPYK_ARCHIVES $MPYK_LIBRARIES",
    )  # fmt: skip
    if env["MPYK_QUIET"]:
        local.Replace(SHCCCOMSTR="Compiling $TARGET", SHCXXCOMSTR="Compiling $TARGET", SHLINKCOMSTR="Linking $TARGET")
    return local


def _environment_for_crash(local: Any, folder: str, crash: CrashPlan) -> Any:
    """Return the environment for units that are compiled against one crash tree."""
    facts = f"{folder}/crash{crash.version}"
    rsp = local.Dir(facts).path
    compiling = local.Clone(
        CPPPATH=["#ext", folder, facts], CFLAGS=["-std=gnu11", f"@{rsp}/crash_c.rsp"],
        CXXFLAGS=["-std=gnu++17", f"@{rsp}/gdb_headers.rsp", *bridges.COMPILER_FLAGS],
    )  # fmt: skip
    for command in ("SHCCCOM", "SHCXXCOM"):
        # Another launcher is no reason to compile again, so it is between $( and $).
        compiling[command] = f"$( $MPYK_LAUNCHER $) {compiling[command]}"
    _use_object_cache(compiling)
    return compiling


def _use_object_cache(compiling: Any) -> None:
    """Share the objects of this environment through the cache, if we may write there.

    Other files are not shared: they depend on the location of the crash tree, which SCons' cache does not consider.
    """
    folder = Path(compiling["MPYK_OBJECTS"])
    with suppress(OSError):
        folder.parent.mkdir(parents=True, exist_ok=True)
    if os.access(folder if folder.exists() else folder.parent, os.W_OK):
        compiling.CacheDir(str(folder))


def _object(local: Any, folder: str, unit: Path) -> Any:
    """Compile one unit. Only UNITS_WITH_SOURCE_ID get the hash of all sources, which changes with every edit."""
    defines = dict(local["CPPDEFINES"])
    name = unit.relative_to(paths.PROJECT / "ext").with_suffix("").as_posix()
    if name in UNITS_WITH_SOURCE_ID:
        defines["MPYK_SOURCE_ID"] = f'\\"{local["MPYK_SOURCE_ID"]}\\"'
    return local.SharedObject(f"{folder}/obj/{name}", str(unit), CPPDEFINES=defines)


def _bridge(local: Any, folder: str, major: int) -> tuple[Any, Any]:
    """Return two objects for a gdb major: the compiled bridge, and the one to link, where only its table is visible."""
    tool = local["MPYK_COMPILERS"].tool

    def confine(target: list[Any], source: list[Any], env: Any) -> None:
        bridges.confine_bridge(Path(source[0].abspath), major, Path(target[0].abspath), tool("ld"), tool("objcopy"))

    source = bridges.bridge_sources()[major]
    if source.suffix == ".c":
        # Every bridge includes gdb's headers, also one that is written in C.
        local = local.Clone(CFLAGS=[flag.replace("crash_c.rsp", "gdb_headers.rsp") for flag in local["CFLAGS"]])
    compiled = local.SharedObject(f"{folder}/gdb{major}/bridge", str(source))
    action = Action(local["MPYK_REPORT_ERRORS"](confine), "Confining $TARGET")
    confined = local.Command(f"{folder}/gdb{major}/confined.os", compiled, action)
    local.Depends(confined, [str(crash_symbols.TABLE), *(str(path) for path in module_deps.files_of("crash.bridges"))])
    # SCons links only objects with this mark into a shared library.
    confined[0].attributes.shared = 1
    return compiled, confined


def _requirements(local: Any, variant: Variant, probes: Any, folder: str) -> Any:
    """Return the node of the section with what the file needs from crash. The step also compares the crash trees."""

    def make(target: list[Any], source: list[Any], env: Any) -> None:
        found = {}
        for crash, node in zip(variant.crashes, source):
            codes = gdb_enums.read_enums(crash_tree.parse_tree(crash.tree))["type_code"]
            found[crash.version] = {**layout_probe.read_probe(Path(node.abspath)), **codes}
        layout_probe.check_layouts(found)
        text = requirements_section.requirements_text(
            variant.versions, list(variant.crash_by_gdb), found[variant.crash.version]
        )
        Path(target[0].abspath).write_text(text, encoding="utf-8")

    action = Action(local["MPYK_REPORT_ERRORS"](make), "Comparing the crash trees for $TARGET")
    section = local.Command(f"{folder}/needs.json", probes, action)
    local.Depends(
        section,
        [
            str(crash_symbols.TABLE),
            *(str(path) for path in module_deps.files_of("crash.requirements_section", "crash.gdb_enums")),
        ],
    )
    return section


def _objects(local: Any, variant: Variant, crash_stamps: Any, folder: str) -> tuple[list[Any], list[Any], list[Any]]:
    """Return three lists of nodes: objects that are compiled, objects that are linked, and probes."""
    environments = {crash: _environment_for_crash(local, folder, crash) for crash in variant.crashes}
    facts = {
        crash: _crash_facts(local, crash, crash_stamps[crash], f"{folder}/crash{crash.version}")
        for crash in variant.crashes
    }
    compiled, linked, probes = [], [], []
    for unit in bridges.units_without_gdb(paths.PROJECT / "ext"):
        compiled += _object(environments[variant.crash], folder, unit)
    local.Depends(compiled, [facts[variant.crash], crash_stamps[variant.crash]])
    linked += compiled
    for major, crash in variant.crash_by_gdb.items():
        bridge, confined = _bridge(environments[crash], folder, major)
        local.Depends(bridge, [facts[crash], crash_stamps[crash]])
        compiled += bridge
        linked += confined
    for crash in variant.crashes:
        probe = environments[crash].SharedObject(
            f"{folder}/crash{crash.version}/abi", "#ext/crash/probe/layout_probe.c"
        )
        local.Depends(probe, [facts[crash], crash_stamps[crash]])
        probes += probe
    return compiled, linked, probes


def _extension(env: Any, variant: Variant, crash_stamps: Any, library_stamps: Any, bundle: Any) -> Any:
    """Return the node of mpykdump.so for one variant."""
    folder = f"{env['MPYK_BUILD']}/{variant.name}"
    tables = [_command_table(env, folder), _symbol_table(env, variant, folder)]
    local = _compile_environment(env, variant, folder)
    tool = env["MPYK_COMPILERS"].tool
    compiled, objects, probes = _objects(local, variant, crash_stamps, folder)
    local.Depends(compiled, [*tables, library_stamps])
    linked = local.SharedLibrary(f"{folder}/linked.so", objects, SHLIBPREFIX="")
    local.Depends(linked, [library_stamps, f"#{EXPORTS}", local.MpykGlibcStubs(f"{folder}/glibc")])
    local.MpykGlibcCheck(linked, local["MPYK_ARCHIVES"])
    requirements = _requirements(local, variant, probes, folder)

    def assemble(target: list[Any], source: list[Any], env: Any) -> None:
        linked, requirements, bundle, out = (Path(node.abspath) for node in (*source, *target))
        extension_file.assemble_artefact(
            linked, requirements, bundle, out, strip=tool("strip"), objcopy=tool("objcopy")
        )

    action = Action(env["MPYK_REPORT_ERRORS"](assemble), "Assembling $TARGET")
    extension = local.Command(f"{folder}/mpykdump.so", [linked, requirements, bundle], action)
    local.Depends(extension, [str(path) for path in module_deps.files_of("artefact.extension_file")])
    return extension


def generate(env: Any) -> None:
    """Add the method MpykExtension."""
    env.AddMethod(_extension, "MpykExtension")


def exists(env: Any) -> bool:
    """Return True: the tools gcc and g++ of SCons look for the compilers."""
    return True
