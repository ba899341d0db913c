# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line of ``epython``: what its words ask for, and its help text.

C splits the line into words; everything that the words mean is decided here.
"""

from __future__ import annotations

from pykdump.runtime.options import count_leading, help_lines

USAGE = """\
Usage: epython [options] [PROGRAM [ARGUMENT ...]]
  epython                     Python statements one by one, until exit() or Ctrl-D
  epython prog.py [ARG ...]   run a program: a file, or a name found in $PYKDUMPPATH or in the bundle
  epython -c CODE [ARG ...]   run one line of Python
  epython -m MODULE [ARG ...] run a module of the bundle as a program
Options:
  -i                          after the program, go on with statements in its namespace
  -d N                        debug level N for the program
  -h, --help, --ehelp         show this text
  -V, -v, --version           show the versions of everything involved
Options of every program:
{common}
Output goes where crash sends it: `epython prog.py | head` and `epython prog.py > file` work.
"""
# The kinds of run. The first word of ``argv`` is the program as the user typed it, the code, the module or the command.
PROGRAM, STRING, MODULE, COMMAND, PROMPT, HELP, VERSION = (
    "program", "string", "module", "command", "prompt", "help", "version",
)  # fmt: skip
_SHOW = {**dict.fromkeys(("-h", "--help", "--ehelp"), HELP), **dict.fromkeys(("-V", "-v", "--version"), VERSION)}
# {option: (kind of run, what the option needs)}
_RUN = {"-c": (STRING, "code"), "-m": (MODULE, "a module")}


def usage_text() -> str:
    """Return the text of ``epython -h``."""
    return USAGE.format(common="\n".join(help_lines()))


class WrongUsage(Exception):
    """The command line cannot be understood. The message is a clause for the user."""


class Run:
    """A run: one of the kinds above, its words, and whether the prompt follows in its namespace."""

    __slots__ = ("argv", "kind", "prompt_follows")

    def __init__(self, kind: str, argv: list[str], prompt_follows: bool = False) -> None:
        self.kind = kind
        self.argv = argv
        self.prompt_follows = prompt_follows


def parse(words: list[str]) -> Run:
    """Return what the words after ``epython`` ask for. Raises WrongUsage.

    Common options may come before the program's name; in the result they follow it.
    """
    options: list[str] = []
    prompt_follows = False
    while True:
        count = count_leading(words)
        options, words = [*options, *words[:count]], words[count:]
        if words[:1] == ["-i"]:
            if prompt_follows:
                raise WrongUsage("-i is there twice")
            prompt_follows, words = True, words[1:]
        elif words[:1] == ["-d"]:  # the old spelling of --debug
            if len(words) < 3:
                raise WrongUsage("-d needs a level and a program")
            options, words = [*options, "--debug", words[1]], words[2:]
        else:
            break
    if not words:
        return Run(PROMPT, ["", *options])
    kind, words = _what_to_run(words)
    return Run(kind, [words[0], *options, *words[1:]], prompt_follows)


def _what_to_run(words: list[str]) -> tuple[str, list[str]]:
    first = words[0]
    if first in _SHOW:
        return _SHOW[first], words
    if first in _RUN:
        kind, needed = _RUN[first]
        if len(words) < 2:
            raise WrongUsage(f"{first} needs {needed}")
        return kind, words[1:]
    if first.startswith("-"):
        raise WrongUsage(f"unknown option {first}")
    return PROGRAM, words
