# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the command line, as data: SConstruct, ``-h`` and the README's table are made from these rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import MANIFESTS
from mpykbuild.crash import tree as crash_tree
from mpykbuild.python import manifest
from mpykbuild.toolchain import hosts, launcher


@dataclass(frozen=True)
class Option:
    """One ``name=value`` of the command line. ``allowed`` empty means any text."""

    name: str
    default: str
    values: str
    help: str
    allowed: tuple[str, ...] = ()


OPTIONS: tuple[Option, ...] = (
    Option(
        "crash",
        "9.0.2",
        "pinned versions or crash source trees (built or not), separated by commas",
        "the crash to build against, or several",
    ),
    Option(
        "host",
        "",
        f"{', '.join(hosts.HOSTS)}; default: this machine",
        "where the extension and crash are to run: built with Debian's cross compilers",
        ("", *hosts.HOSTS),
    ),
    Option(
        "target",
        "",
        "a crash target such as ARM64; default: what the crash tree is for, else this machine's own",
        "whose dumps are read; the extension and crash still run on this machine",
    ),
    Option(
        "python",
        "3.13",
        "a pinned version or minor, a CPython source tree or tarball, prebuilt:DIR, prebuilt:3.N",
        "the Python to embed; prebuilt:DIR has one with its static library, prebuilt:3.N takes Debian's",
    ),
    Option(
        "row",
        "",
        "a name such as cp313-crash9 (site_scons/matrix.json); several, separated by commas, for `matrix`",
        "the crash and the Python of this row of the matrix, built in build/matrix/<row>/",
    ),
    Option("kernel", "6.12", "a kernel series such as 6.1, 6.12 or 7.2", "the kernel of the test vmcore (for target=)"),
    Option("downloads", "", "a folder", "where source tarballs are looked for before the network is asked"),
    Option("cache", "", "a folder; default $MPYKDUMP_CACHE, else ~/.cache/mpykdump", "where CPython, crash… are kept"),
    Option(
        "launcher",
        "",
        f"{', '.join(launcher.LAUNCHERS)}; their own variables (CCACHE_DIR, DISTCC_HOSTS…) reach them",
        "starts every compilation of CPython, crash, libdeflate and ext/",
        ("", *launcher.LAUNCHERS),
    ),
    Option("glibc_max", "", "a version of glibc such as 2.28", "the link fails if the file would need a later one"),
    Option(
        "sysroot",
        "",
        "a folder with a distribution's C library and headers, debian:SUITE",
        "compile CPython, libdeflate and the extension with these, for an older glibc",
    ),
    Option("mpykdump", "", "an mpykdump.so", "the file for `audit` (default: the one that is built)"),
    Option("prefix", "/usr/local", "a folder", "`install` puts lib/crash/extensions/mpykdump.so below it"),
    Option("tests", "", "words for pytest, for example tests='-k taskinfo'", "which tests `test` runs (default: all)"),
    Option("V", "0", "0 or 1", "1 shows the whole output of each step", ("0", "1")),
)

DEFAULTS = {option.name: option.default for option in OPTIONS}

# Aliases, in the order in which help shows them.
TARGETS: tuple[tuple[str, str], ...] = (
    ("(none)", "build/mpykdump.so and build/crash"),
    ("test", "all tests, inside crash on a real vmcore included"),
    ("vmcore", "build/vmcore/{vmlinux,vmcore,truth}: a real kernel booted in QEMU and dumped"),
    ("demo", "opens that vmcore in crash with the extension and prints taskinfo"),
    ("bench", "speed beside drgn's on that vmcore: a table, and build/bench.json"),
    ("audit", "what mpykdump= needs and exports, and what it does without in crash= (a crash program will do)"),
    ("reproducible", "builds CPython, libdeflate and the extension twice in different surroundings and compares"),
    ("new-python", "VERSION or DIR: describes a release of Python that stdlib_manifests/ does not know, and tries it"),
    ("matrix", "builds every row of site_scons/matrix.json (or those of row=) and prints a table of them"),
    ("test-matrix", "tests every row (or those of row=) inside its crash on the vmcore, and prints a table"),
    ("install", "copies mpykdump.so below prefix="),
)


def checked_values(given: Mapping[str, str]) -> dict[str, str]:
    """Return the value of every option; refuse unknown names and values, all at once.

    Raises BuildError.
    """
    known = {option.name: option for option in OPTIONS}
    wrong = [f"there is no option {name!r}" for name in given if name not in known]
    for option in OPTIONS:
        value = given.get(option.name, option.default)
        if option.allowed and value not in option.allowed:
            wrong.append(f"{option.name}={value} is not one of {', '.join(option.allowed)}")
    if wrong:
        raise BuildError("; ".join(wrong) + ".", "./sconsw -h lists every option with its values.")
    return {option.name: given.get(option.name, option.default) for option in OPTIONS}


def help_text() -> str:
    """Return the text of ``./sconsw -h``."""
    lines = ["", "Targets (./sconsw [TARGET] [OPTION=VALUE ...]):", ""]
    lines += [f"  {name:14} {text}" for name, text in TARGETS]
    lines += ["", "Options:", ""]
    for option in OPTIONS:
        lines.append(f"  {option.name}=  {option.help}")
        lines.append(f"      values: {option.values}; default: {option.default or '(none)'}")
    lines += ["", "Releases of Python that are described (stdlib_manifests/):", ""]
    for minor in manifest.known_minors(MANIFESTS):
        why = manifest.why_unverified(MANIFESTS / minor)
        lines.append(f"  {minor}{f'  unverified: {why}' if why else ''}")
    lines += ["", "Majors of the gdb inside crash that have a bridge (ext/):", ""]
    for major in crash_tree.BRIDGED_GDB_MAJORS:
        why = crash_tree.UNVERIFIED_GDB_MAJORS.get(major, "")
        lines.append(f"  {major}{f'  unverified: {why}' if why else ''}")
    lines += ["", "SCons' own options (-j N, -c, -n, -Q …): ./sconsw -H", ""]
    return "\n".join(lines)
