# SPDX-License-Identifier: GPL-3.0-or-later
"""SCons tool: mpykdump.so of one variant.

    extension = env.MpykExtension(variant, crash_stamp, library_stamps, bundle)

``library_stamps`` are those of the static libraries that are linked in: CPython and libdeflate.

The facts about the crash tree (flags, gdb's enums) are read when the tree is there, that is during the build; they
reach the compiler through response files, so that this script need not know them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from SCons.Action import Action

from mpykbuild import artifact, commandtable, crashtree, gdbenums, paths, selfdeps
from mpykbuild.plans import Variant

WARNINGS = ["-Wall", "-Wextra", "-Werror"]
COMMON = ["-O2", "-g0", "-fPIC", "-fvisibility=hidden", "-fno-strict-aliasing", *WARNINGS]

UNITS_WITH_SOURCE_ID = ("epython", "mod_crash")
EXPORTS = "ext/mpykdump.map"
LINKER_FLAGS = ["-Bsymbolic", "--exclude-libs,ALL", "--as-needed", "--gc-sections", f"--version-script={EXPORTS}"]


def _crash_facts(env: Any, variant: Variant, crash_stamp: Any, folder: str) -> Any:
    """Make gdb_enums_generated.h and a response file for each language from the crash tree."""

    def make(target: list[Any], source: list[Any], env: Any) -> None:
        tree = crashtree.parse(variant.crash.tree)
        texts = [gdbenums.generate(tree)]
        texts += ["\n".join(crashtree.compile_flags(tree, language)) + "\n" for language in ("c", "c++")]
        for node, text in zip(target, texts):
            Path(node.abspath).write_text(text, encoding="utf-8")

    names = [f"{folder}/{name}" for name in ("gdb_enums_generated.h", "crash_c.rsp", "crash_cxx.rsp")]
    facts = env.Command(names, crash_stamp, Action(env["MPYK_TOLD"](make), "Reading gdb's enums for $TARGET"))
    env.Depends(facts, [str(path) for path in selfdeps.closure("crashtree", "gdbenums")])
    return facts


def _command_table(env: Any, folder: str) -> Any:
    def make(target: list[Any], source: list[Any], env: Any) -> None:
        text = commandtable.generate(paths.PROJECT / "pykdump" / "commands")
        Path(target[0].abspath).write_text(text, encoding="utf-8")

    files = [str(path) for path in commandtable.command_files(paths.PROJECT / "pykdump" / "commands")]
    action = Action(env["MPYK_TOLD"](make), "Listing the commands in $TARGET")
    table = env.Command(f"{folder}/commands_generated.h", files, action)
    env.Depends(table, [str(path) for path in selfdeps.closure("commandtable")])
    return table


def _compile_environment(env: Any, variant: Variant, folder: str) -> Any:
    """Return an environment whose flags name the products; system include folders are not scanned by SCons."""
    maps = [f"-ffile-prefix-map={place}=." for place in (paths.PROJECT, variant.crash.tree, variant.python.folder)]
    defines = {"MPYK_VERSION": f'\\"{env["MPYK_VERSION"]}\\"', "MPYK_BUILT_FOR_CRASH": f'\\"{variant.crash.version}\\"'}
    includes = ["-isystem", str(variant.python.folder / "include"), "-isystem", f"{env['MPYK_LIBDEFLATE']}/include"]
    rsp = env.Dir(folder).abspath
    local = env.Clone(
        CCFLAGS=[*COMMON, *maps, *includes], CPPPATH=["#ext", folder], CPPDEFINES=defines,
        CFLAGS=["-std=gnu11", f"@{rsp}/crash_c.rsp"], CXXFLAGS=["-std=gnu++17", f"@{rsp}/crash_cxx.rsp"],
        LINKFLAGS=[f"-Wl,{flag}" for flag in LINKER_FLAGS],
        # The archives are no nodes of SCons: they appear during the build, and their stamps stand for them.
        MPYK_ARCHIVES=[f"{variant.python.folder}/lib/libpython.a", f"{env['MPYK_LIBDEFLATE']}/lib/libdeflate.a"],
        SHLINKCOM="$CXX -shared $LINKFLAGS -o $TARGET $SOURCES $MPYK_ARCHIVES -lm -ldl -lpthread",
    )  # fmt: skip
    if env["MPYK_QUIET"]:
        local.Replace(SHCCCOMSTR="Compiling $TARGET", SHCXXCOMSTR="Compiling $TARGET", SHLINKCOMSTR="Linking $TARGET")
    return local


def _object(local: Any, folder: str, unit: Path) -> Any:
    """Compile one unit; only those that report the source's id are compiled anew when any source changes."""
    defines = dict(local["CPPDEFINES"])
    if unit.stem in UNITS_WITH_SOURCE_ID:
        defines["MPYK_SOURCE_ID"] = f'\\"{local["MPYK_SOURCE_ID"]}\\"'
    return local.SharedObject(f"{folder}/obj/{unit.stem}", str(unit), CPPDEFINES=defines)


def _extension(env: Any, variant: Variant, crash_stamp: Any, library_stamps: Any, bundle: Any) -> Any:
    folder = f"#build/{variant.name}"
    facts = _crash_facts(env, variant, crash_stamp, folder)
    table = _command_table(env, folder)
    local = _compile_environment(env, variant, folder)
    units = [*sorted(paths.PROJECT.glob("ext/*.c")), paths.PROJECT / "ext" / f"gdb{variant.crash.gdb_major}_bridge.cpp"]
    objects = [_object(local, folder, unit) for unit in units]
    local.Depends(objects, [facts, table, crash_stamp, library_stamps])
    linked = local.SharedLibrary(f"{folder}/linked.so", objects, SHLIBPREFIX="")
    local.Depends(linked, [library_stamps, f"#{EXPORTS}"])

    def assemble(target: list[Any], source: list[Any], env: Any) -> None:
        artifact.assemble(*(Path(node.abspath) for node in (*source, *target)))

    action = Action(env["MPYK_TOLD"](assemble), "Assembling $TARGET")
    extension = local.Command(f"{folder}/mpykdump.so", [linked, bundle], action)
    local.Depends(extension, [str(path) for path in selfdeps.closure("artifact")])
    return extension


def generate(env: Any) -> None:
    """Add the method MpykExtension."""
    env.AddMethod(_extension, "MpykExtension")


def exists(env: Any) -> bool:
    """Compilers are looked for by the gcc and g++ tools."""
    return True
