# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of the command line as data: ``./sconsw -h``, the checks and the matrix are made from these rows."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import MANIFESTS
from mpykbuild.crash import bridges
from mpykbuild.fetch import sources
from mpykbuild.python import manifest
from mpykbuild.toolchain import hosts, launcher

WIDTH = 100
NAME_WIDTH = 14
DEFAULT_WIDTH = 21


@dataclass(frozen=True)
class Option:
    """One ``name=value`` of the command line. ``allowed`` empty means any text.

    ``shown_default`` is what -h says when the default is no fixed value. ``in_rows`` says that a row of the matrix
    may have it. ``handed_on`` says that builds started for other rows get it too, ``is_path`` that its value is a
    path (or, with a colon, a word such as ``debian:SUITE``).
    """

    name: str
    help: str
    default: str = ""
    allowed: tuple[str, ...] = ()
    shown_default: str = ""
    in_rows: bool = False
    handed_on: bool = False
    is_path: bool = False


PINNED = sources.load_sources()

# The groups of options in the order of -h.
GROUPS: tuple[tuple[str, tuple[Option, ...]], ...] = (
    (
        "What to build",
        (
            Option("crash", "a pinned version or a crash tree, built or not; A,B: one file for both",
                   PINNED.crash().version, in_rows=True),
            Option("python", "a pinned version, a source tree or tarball, prebuilt:DIR (it has a static library), "
                   "prebuilt:3.N (Debian's packages)", PINNED.python().minor, in_rows=True),
            Option("row", "crash= and python= from a row of site_scons/matrix.json; A,B for matrix",
                   shown_default="-"),
            Option("kernel", "the kernel series of the test vmcore, such as 6.1 or 7.x", "6.12", in_rows=True,
                   handed_on=True),
        ),
    ),
    (
        "For which machine",
        (
            Option("host", f"where crash runs: {', '.join(hosts.HOSTS)}", allowed=("", *hosts.HOSTS),
                   shown_default="this machine", in_rows=True),
            Option("target", "whose dumps are read, in crash's words, such as ARM64", in_rows=True,
                   shown_default="the tree's, or host"),
            Option("sysroot", "a folder with a C library, or debian:SUITE, to compile with", in_rows=True,
                   shown_default="this machine's", handed_on=True, is_path=True),
            Option("glibc_max", "fail if the file would need a later glibc, such as 2.28", shown_default="no limit",
                   in_rows=True, handed_on=True),
        ),
    ),
    (
        "How to build",
        (
            Option("cache", "the folder for CPython, crash and vmcores (also $MPYKDUMP_CACHE)",
                   shown_default="~/.cache/mpykdump", is_path=True),
            Option("downloads", "a folder with source tarballs that is searched before the network",
                   shown_default="-", handed_on=True, is_path=True),
            Option("launcher", f"starts each compilation: {', '.join(launcher.LAUNCHERS)}",
                   allowed=("", *launcher.LAUNCHERS), shown_default="-", handed_on=True),
            Option("V", "1 shows the whole output of each step", "0", ("0", "1"), handed_on=True),
        ),
    ),
    (
        "For one target",
        (
            Option("tests", "test, test-matrix: words for pytest, such as tests='-k taskinfo'", shown_default="all"),
            Option("mpykdump", "audit: the file to look at", shown_default="the built one", is_path=True),
            Option("prefix", "install: lib/crash/extensions/ is made below it", "/usr/local", is_path=True),
        ),
    ),
)  # fmt: skip
OPTIONS: tuple[Option, ...] = tuple(option for _, options in GROUPS for option in options)
DEFAULTS = {option.name: option.default for option in OPTIONS}

# Aliases, in the order in which help shows them.
TARGETS: tuple[tuple[str, str], ...] = (
    ("(none)", "build/mpykdump.so and build/crash"),
    ("test", "all tests, those inside crash on a real vmcore included"),
    ("vmcore", "build/vmcore/{vmlinux,vmcore,truth}: a real kernel, booted in QEMU and dumped"),
    ("demo", "opens that vmcore in crash with the extension and prints taskinfo"),
    ("bench", "compares the speed with drgn's on that vmcore: a table, and build/bench.json"),
    ("audit", "what the file needs and exports, and which of its functions a crash lacks"),
    ("reproducible", "builds everything but crash twice in different surroundings and compares the bits"),
    ("matrix", "builds the rows of site_scons/matrix.json and prints a table"),
    ("test-matrix", "tests these rows inside their crash and prints a table"),
    ("new-python", "VERSION or DIR: writes stdlib_manifests/3.N/ for a new release of Python and tries it"),
    ("install", "copies mpykdump.so below prefix="),
    ("fix", "formats the sources and mends what the linters can mend"),
)

EXAMPLES: tuple[tuple[str, str], ...] = (
    ("./sconsw crash=/path/to/crash", "against your own crash tree, which is never written to"),
    ("./sconsw test tests='tests/unit -q'", "some of the tests"),
    ("./sconsw test row=cp39-crash8", "all tests of one row of the matrix"),
    ("./sconsw audit crash=/usr/bin/crash", "whether the file works in that crash, and what it lacks there"),
    ("./sconsw -c", "removes what was built; the cache stays"),
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
            wrong.append(f"{option.name}={value} is not one of {', '.join(filter(None, option.allowed))}")
    if wrong:
        raise BuildError("; ".join(wrong) + ".", "./sconsw -h lists every option with its values.")
    return {option.name: given.get(option.name, option.default) for option in OPTIONS}


def _row(name: str, text: str, width: int = NAME_WIDTH) -> Iterator[str]:
    """Yield the lines of one row of the help: a name, and beside it a text in a column."""
    first, *others = textwrap.wrap(text, WIDTH - width - 2, break_on_hyphens=False)
    yield f"  {name:{width}}{first}"
    yield from (f"  {'':{width}}{line}" for line in others)


def _tried(words: Iterator[tuple[str, str]]) -> Iterator[str]:
    """Yield a row for each name: whether the tests run with it, and why not."""
    for name, why in words:
        yield from _row(name, f"unverified: {why}" if why else "tested", 6)


def help_text() -> str:
    """Return the text of ``./sconsw -h``."""
    lines = ["", "./sconsw [TARGET ...] [OPTION=VALUE ...]", "", "Targets"]
    for name, text in TARGETS:
        lines += _row(name, text)
    for title, options in GROUPS:
        lines += ["", f"{title:{NAME_WIDTH + 2}}default" if title == GROUPS[0][0] else title]
        for option in options:
            name = f"{option.name}=".ljust(NAME_WIDTH) + (option.shown_default or option.default)
            lines += _row(name, option.help, NAME_WIDTH + DEFAULT_WIDTH)
    pythons, bridged = manifest.known_minors(MANIFESTS), bridges.bridge_sources()
    lines += ["", "Releases of Python that have a manifest (stdlib_manifests/)"]
    lines += _tried((minor, manifest.why_unverified(MANIFESTS / minor)) for minor in pythons)
    lines += ["", "Major versions of the gdb inside crash that have a bridge (ext/gdb/)"]
    lines += _tried((str(major), bridges.why_unverified(major)) for major in bridged)
    lines += ["", "Examples"]
    for command, text in EXAMPLES:
        lines += _row(command, text, 38)
    return "\n".join([*lines, "", "SCons' own options (-j N, -c, -n, -Q …): ./sconsw -H", ""])
