# SPDX-License-Identifier: GPL-3.0-or-later
"""The targets and options of the command line as data, their checks, and the text of ``./sconsw -h``."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import MANIFESTS
from mpykbuild.crash import bridges
from mpykbuild.fetch import sources
from mpykbuild.python import manifest
from mpykbuild.toolchain import hosts, launcher
from mpykbuild.vmcore import scenarios

# The longest line of the help, and the widths of its columns.
WIDTH = 100
NAME_WIDTH = 14
DEFAULT_WIDTH = 19
RELEASE_WIDTH = 6
EXAMPLE_WIDTH = 38


@dataclass(frozen=True)
class Option:
    """One ``name=value`` of the command line. An empty ``allowed`` means any text.

    ``shown_default`` replaces the default in the help when the default is no fixed value. ``in_rows`` means that a row
    of the matrix may set the option. ``inherited`` means that the builds of rows, which this run starts, get the option
    too. ``is_path`` means that the value is a path (or, with a colon, a word such as ``debian:SUITE``).
    """

    name: str
    help: str
    default: str = ""
    allowed: tuple[str, ...] = ()
    shown_default: str = ""
    in_rows: bool = False
    inherited: bool = False
    is_path: bool = False


PINNED = sources.load_sources()

# The groups of options, in the order of the help.
GROUPS: tuple[tuple[str, tuple[Option, ...]], ...] = (
    (
        "What to build",
        (
            Option("crash", "a pinned version or a crash tree; A,B builds one file for both",
                   PINNED.crash().version, in_rows=True),
            Option("python", "a pinned version, a source tree or tarball, or a compiled Python: prebuilt:DIR (with a "
                   "static library), prebuilt:3.N (Debian's)", PINNED.python().minor, in_rows=True),
            Option("row", "a pair in site_scons/matrix.json; A,B for matrix and test-matrix", shown_default="none"),
            Option("packages", "a requirements file with hashes: its wheels of pure Python are added to the bundle",
                   shown_default="none", inherited=True, is_path=True),
            Option("kernel", "the kernel series of the test vmcore, such as 6.1 or 7.x", "6.12", in_rows=True,
                   inherited=True),
            Option("scenario", f"how the guest of the test vmcore ends: {', '.join(scenarios.SCENARIOS)}",
                   scenarios.LIVE, tuple(scenarios.SCENARIOS), inherited=True),
        ),
    ),
    (
        "For which machine",
        (
            Option("host", f"the machine that runs crash: {', '.join(hosts.HOSTS)}", allowed=("", *hosts.HOSTS),
                   shown_default="this machine", in_rows=True),
            Option("target", "the architecture of the dumps in crash's words, such as ARM64", in_rows=True,
                   shown_default="host's or tree's"),
            Option("sysroot", "the C library to compile with: a folder, or debian:SUITE", in_rows=True,
                   shown_default="this machine's", inherited=True, is_path=True),
            Option("glibc_max", "fails if the file needs a later glibc than this, such as 2.28",
                   shown_default="no limit", in_rows=True, inherited=True),
        ),
    ),
    (
        "How to build",
        (
            Option("cache", "keeps CPython, crash and vmcores; $MPYKDUMP_CACHE sets it too",
                   shown_default="~/.cache/mpykdump", is_path=True),
            Option("downloads", "a folder with source tarballs, searched before the network",
                   shown_default="none", inherited=True, is_path=True),
            Option("launcher", f"starts each compilation: {', '.join(launcher.LAUNCHERS)}",
                   allowed=("", *launcher.LAUNCHERS), shown_default="none", inherited=True),
            Option("V", "1 prints the whole output of each step", "0", ("0", "1"), inherited=True),
        ),
    ),
    (
        "For one target",
        (
            Option("tests", "test, test-matrix: pytest's arguments, such as '-k taskinfo'", shown_default="all"),
            Option("scale", "bench: 1 measures only the commands, also on a dump of 50,000 tasks, 100,000 sockets", "0",
                   ("0", "1")),
            Option("dumps", "test: further dumps to test, such as 6.1-sysrq,6.12-filtered; all",
                   shown_default="a choice"),
            Option("mpykdump", "audit: the file to check", shown_default="the built one", is_path=True),
            Option("prefix", "install: the folder above lib/crash/extensions/", "/usr/local", is_path=True),
        ),
    ),
)  # fmt: skip
OPTIONS: tuple[Option, ...] = tuple(option for _, options in GROUPS for option in options)
DEFAULTS = {option.name: option.default for option in OPTIONS}

# The targets, in the order of the help.
TARGETS: tuple[tuple[str, str], ...] = (
    ("(none)", "builds build/mpykdump.so and build/crash"),
    ("test", "runs all tests, also those inside crash on a real vmcore"),
    ("vmcore", "boots a real kernel in QEMU and dumps it: build/vmcore/{vmlinux,vmcore,truth}"),
    ("demo", "opens that vmcore in crash with the extension and prints taskinfo"),
    ("bench", "compares our speed with drgn's on that vmcore: a table, and build/bench.json"),
    ("audit", "prints what the file needs and exports, and which of its functions a crash lacks"),
    ("reproducible", "builds all but crash twice in different surroundings and compares the bytes"),
    ("matrix", "builds the pairs of Python and crash in site_scons/matrix.json, prints a table"),
    ("test-matrix", "builds these pairs, runs the tests inside crash for each, prints a table"),
    ("new-python", "new-python VERSION or DIR: writes stdlib_manifests/3.N/ for a new Python, tests it"),
    ("install", "copies mpykdump.so to lib/crash/extensions/ below prefix="),
    ("fix", "formats the sources and corrects what the linters can correct"),
)

EXAMPLES: tuple[tuple[str, str], ...] = (
    ("./sconsw crash=/path/to/crash", "builds for your own crash tree and never writes to it"),
    ("./sconsw test tests='tests/unit -q'", "runs some of the tests"),
    ("./sconsw test row=cp39-crash8", "runs all tests for one row of the matrix"),
    ("./sconsw audit crash=/usr/bin/crash", "prints whether the file works in that crash"),
    ("./sconsw -c", "removes what was built; the cache stays"),
)


def checked_values(given: Mapping[str, str]) -> dict[str, str]:
    """Return the value of every option, from ``given`` or the default.

    Raises BuildError that lists all unknown names and all values that are not allowed.
    """
    known = {option.name: option for option in OPTIONS}
    wrong = [f"there is no option {name!r}{_nearest(name, known)}" for name in given if name not in known]
    for option in OPTIONS:
        value = given.get(option.name, option.default)
        if option.allowed and value not in option.allowed:
            wrong.append(f"{option.name}={value} is not one of {', '.join(filter(None, option.allowed))}")
    if wrong:
        raise BuildError("; ".join(wrong) + ".", "./sconsw -h lists every option with its values.")
    return {option.name: given.get(option.name, option.default) for option in OPTIONS}


def check_targets(words: Sequence[str], alone: Iterable[str], folder: Path) -> None:
    """Raise BuildError for words of the command line that name no target.

    ``alone`` are the targets that take all words after them: they must come first. A word with a slash or the name of
    an entry of ``folder`` is a file, which SCons knows or refuses.
    """
    known = {name for name, _ in TARGETS}
    first, others = words[:1], words[1:]
    if first and first[0] in alone:
        return
    late = [word for word in others if word in alone]
    if late:
        raise BuildError(f"{late[0]} cannot follow another target ({first[0]}).", f"run ./sconsw {late[0]} by itself.")
    unknown = [word for word in words if word not in known and "/" not in word and not (folder / word).exists()]
    if unknown:
        wrong = "; ".join(f"there is no target {word!r}{_hint(word, known)}" for word in unknown)
        raise BuildError(f"{wrong}.", "./sconsw -h lists every target.")


def _hint(word: str, targets: Iterable[str]) -> str:
    """Return what the user may have meant by ``word``, which is no target."""
    return f", but an option {word}=VALUE" if word in DEFAULTS else _nearest(word, targets)


def _nearest(word: str, names: Iterable[str]) -> str:
    """Return a question with the name that is most similar to ``word``; empty if none is similar."""
    near = difflib.get_close_matches(word, sorted(names), 1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _help_row(name: str, text: str, width: int = NAME_WIDTH) -> Iterator[str]:
    """Yield the lines of one row of the help: ``name`` in a column of ``width``, then ``text``, wrapped."""
    first, *others = textwrap.wrap(text, WIDTH - width - 2, break_on_hyphens=False)
    yield f"  {name:{width}}{first}"
    yield from (f"  {'':{width}}{line}" for line in others)


def _status_rows(releases: Iterator[tuple[str, str]]) -> Iterator[str]:
    """Yield the lines for ``releases``, each with the reason why it is unverified, which is empty for a tested one."""
    for name, reason in releases:
        yield from _help_row(name, f"unverified: {reason}" if reason else "tested", RELEASE_WIDTH)


def help_text() -> str:
    """Return the text of ``./sconsw -h``."""
    lines = ["", "./sconsw [TARGET ...] [OPTION=VALUE ...]", "", "Targets"]
    for name, text in TARGETS:
        lines += _help_row(name, text)
    for title, options in GROUPS:
        lines += ["", f"{title:{NAME_WIDTH + 2}}Default" if title == GROUPS[0][0] else title]
        for option in options:
            name = f"{option.name}=".ljust(NAME_WIDTH) + (option.shown_default or option.default)
            lines += _help_row(name, option.help, NAME_WIDTH + DEFAULT_WIDTH)
    minors, majors = manifest.known_minors(MANIFESTS), bridges.bridge_sources()
    lines += ["", "Releases of Python that the build knows (stdlib_manifests/)"]
    lines += _status_rows((minor, manifest.why_unverified(MANIFESTS / minor)) for minor in minors)
    lines += ["", "Major versions of the gdb inside crash that the build knows (ext/gdb/)"]
    lines += _status_rows((str(major), bridges.why_unverified(major)) for major in majors)
    lines += ["", "Examples"]
    for command, text in EXAMPLES:
        lines += _help_row(command, text, EXAMPLE_WIDTH)
    lines += ["", "The pinned versions are in site_scons/sources.json."]
    lines += ["SCons' own options (-j N, -c, -n, -Q …): ./sconsw -H", ""]
    return "\n".join(lines)
