# SPDX-License-Identifier: GPL-3.0-or-later
"""The graph of a static library: the symbols that each object defines and needs, and the objects that a link pulls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import output_of, run

_UNDEFINED = re.compile(r"undefined reference to [`'‘]([^'’]+)['’]|undefined symbol: (\S+)")
# The linker defines these names.
LINKER_MADE = frozenset({"_GLOBAL_OFFSET_TABLE_"})
# The extension is linked with these libraries. All of them are parts of the C library.
LIBRARIES = ("-lm", "-ldl", "-lpthread")


@dataclass
class Member:
    """One object: the symbols that it defines for others, and those that it needs from others (but not weak ones)."""

    name: str
    defines: set[str] = field(default_factory=set)
    needs: set[str] = field(default_factory=set)


def read_members(folder: Path, names: Sequence[str], nm: str = "nm") -> dict[str, Member]:
    """Read the object files ``names`` in ``folder`` and return a member for each, by its name."""
    listing = output_of(
        [nm, "-A", "-g", "--format=posix", *names], cwd=folder, what=f"{nm} cannot read the objects of the library"
    )
    found = {name: Member(name) for name in names}
    for line in listing.splitlines():
        place, _, rest = line.partition(": ")
        symbol, kind = rest.split()[:2]
        if kind == "U":
            found[place].needs.add(symbol)
        elif kind not in "wv":
            found[place].defines.add(symbol)
    return found


@dataclass(frozen=True)
class Graph:
    """The members of a library. ``definer`` is the member that defines a symbol.

    ``undefined`` are the symbols that a member needs, but neither a member nor the C library defines.
    """

    members: Mapping[str, Member]
    definer: Mapping[str, str]
    undefined: frozenset[str]

    def without(self, name: str) -> Graph:
        """Return the graph without the member ``name``."""
        members = {key: member for key, member in self.members.items() if key != name}
        definer = {symbol: place for symbol, place in self.definer.items() if place != name}
        return Graph(members, definer, self.undefined)

    def reach(self, symbols: Iterable[str]) -> set[str]:
        """Return the members that a link of ``symbols`` pulls from the library, directly or through other members."""
        waiting = [self.definer[symbol] for symbol in symbols if symbol in self.definer]
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += [self.definer[symbol] for symbol in self.members[name].needs if symbol in self.definer]
        return seen

    def unmet(self, members: Iterable[str]) -> set[str]:
        """Return the undefined symbols that these members need."""
        return {symbol for name in members for symbol in self.members[name].needs & self.undefined}


def build_graph(members: Mapping[str, Member], work: Path, cc: str, env: Mapping[str, str]) -> Graph:
    """Return the graph of ``members``. A test link with the C library finds the symbols that stay undefined.

    ``work`` is a folder for the test link, ``env`` the compiler's complete environment.
    """
    definer = {symbol: member.name for member in members.values() for symbol in member.defines}
    outside = {symbol for member in members.values() for symbol in member.needs} - definer.keys() - LINKER_MADE
    return Graph(members, definer, frozenset(_left_undefined(outside, work, cc, env)))


def _left_undefined(symbols: Iterable[str], work: Path, cc: str, env: Mapping[str, str]) -> set[str]:
    """Return the ``symbols`` that a link with the C library leaves undefined."""
    source = work / "asked.c"
    rows = [f'extern char s{n} __asm__("{symbol}");\n' for n, symbol in enumerate(sorted(symbols))]
    places = ", ".join(f"&s{n}" for n in range(len(rows)))
    source.write_text("".join(rows) + f"const void *const asked[] = {{ {places or '0'} }};\n", encoding="utf-8")
    command = [cc, "-w", "-fPIC", "-shared", "-o", str(work / "asked.so"), str(source), "-Wl,-z,defs"]
    done = run([*command, *LIBRARIES], env=env)
    named = {first or second for first, second in _UNDEFINED.findall(done.stderr)}
    if done.status and not named:
        raise BuildError(f"{cc} cannot link a shared object:\n{done.stderr.rstrip()}", "install gcc and libc6-dev.")
    return named
