# SPDX-License-Identifier: GPL-3.0-or-later
"""Derive the manifest of a new release from its source and from the releases that have a manifest.

The most similar described release answers each question: is this module built in, is this file listed? What no
described release knows is proposed, marked with ``LOOK``, and reported to the maintainer.

``manifest.check_source`` reads the same files of upstream with the same functions, for another purpose: it compares an
existing manifest with a source and reports each difference as an error. This module writes a manifest; it uses that
check for nothing, because a difference is what it looks for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.python import manifest
from mpykbuild.python.inside import imports
from mpykbuild.python.manifest import Manifest
from mpykbuild.python.stdlib_list import StdlibList

LOOK = "look at it"
# Upstream's own tests and templates: never part of an embedded Python.
_TEST = re.compile(r"_test|xx|_xxtest|_ctypes_test")
Survey = Callable[[Path, Sequence[Path]], Mapping[str, Iterable[str]]]


@dataclass
class Derived:
    """The texts of the new folder, and what a human should know: ``appeared``, ``vanished`` and ``questions``."""

    base: str
    texts: dict[str, str] = field(default_factory=dict)
    appeared: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)


def described_releases(manifests: Path, minor: str, source: Path) -> list[Manifest]:
    """Return the described releases, the best model first: of the same kind, then near, then verified, then newer."""
    number = int(minor.partition(".")[2])
    names_sources = not (source / "Modules" / "Setup.stdlib.in").is_file()
    known = [manifest.load_manifest(manifests, name) for name in manifest.known_minors(manifests) if name != minor]
    if not known:
        raise BuildError(f"{manifests} describes no release to start from.", "restore it from version control.")

    def rank(one: Manifest) -> tuple[bool, int, bool, int]:
        own = int(one.folder.name.partition(".")[2])
        return bool(one.configured) != names_sources, abs(own - number), bool(manifest.why_unverified(one.folder)), -own

    return sorted(known, key=rank)


def derive_modules(known: Sequence[Manifest], source: Path, imported: frozenset[str]) -> Derived:
    """Return Setup.local and builtin.lst. ``imported`` is what the stdlib files of the base import in this release."""
    base = known[0]
    result = Derived(base.folder.name)
    upstream, core = manifest.upstream_modules(source), manifest.core_modules(source)
    old = base.builtin | base.disabled
    new = sorted((upstream | core) - old)
    # Rows that upstream's Setup does not switch off are built unless we disable them.
    always = core | _active(source)
    wanted = {name: _answer(name, known) for name in sorted(upstream - core)}
    disabled = {name for name, yes in wanted.items() if yes is False or (yes is None and name not in imported | always)}
    built = (upstream | core) - disabled
    for name in new:
        result.appeared.append(f"C module {name}: {'built in' if name in built else 'left out'}")
        if wanted.get(name, True) is None and name not in always and not _TEST.match(name):
            result.questions.append(f"the C module {name} is {'built in' if name in built else 'left out'}")
    result.vanished += [f"C module {name}" for name in sorted(old - upstream - core)]
    rows = {name: _row(source, name, known) for name in sorted((built - always) & set(new))} if base.configured else {}
    result.questions += [f"no row of Setup is known for {name}" for name, row in rows.items() if not row]
    result.texts[manifest.SETUP] = _setup_text(base, upstream, disabled, [row for row in rows.values() if row])
    head = (base.folder / manifest.BUILTIN).read_text().splitlines()[0]
    result.texts[manifest.BUILTIN] = "\n".join([head, *sorted(built)]) + "\n"
    return result


def _active(source: Path) -> frozenset[str]:
    rows = (source / "Modules" / "Setup").read_text().splitlines()
    found = (re.match(r"([A-Za-z_]\w*)\s+.*\.c\b", row) for row in rows)
    return frozenset(row.group(1) for row in found if row)


def _answer(name: str, known: Sequence[Manifest]) -> bool | None:
    """Return whether the nearest release that knows the module builds it in."""
    for one in known:
        if name in one.builtin or name in one.disabled:
            return name in one.builtin
    return None


def _row(source: Path, name: str, known: Sequence[Manifest]) -> str:
    """Return the row that builds a module: ours of a described release, else upstream's own."""
    places = [one.setup_file for one in known if one.configured] + [source / "Modules" / "Setup"]
    for place in places:
        for line in place.read_text().splitlines():
            text = line.removeprefix("#")
            if re.match(rf"{re.escape(name)}\s+.*\.c\b", text):
                return text.partition("#")[0].strip()
    return ""


def _setup_text(base: Manifest, upstream: frozenset[str], disabled: set[str], rows: Iterable[str]) -> str:
    """Return the base's Setup.local without the names that vanished, and with those that came."""
    lines, in_disabled, seen = [], False, set[str]()
    for line in base.setup_file.read_text().splitlines():
        if line.startswith("*"):
            if line == "*disabled*":
                lines += [*rows, *([""] if rows else [])]
            in_disabled = line == "*disabled*"
        elif line and not line.startswith("#"):
            words = [word for word in line.split() if word in disabled] if in_disabled else line.split()
            seen.update(words)
            if not words or (not in_disabled and (words[0] not in upstream or words[0] in disabled)):
                continue
            line = " ".join(words)
        lines.append(line)
    more = sorted(disabled - seen)
    if more:
        lines += [f"# New beside {base.folder.name}: {LOOK}.", " ".join(more)]
    return "\n".join(_without_empty_groups(lines)) + "\n"


def _without_empty_groups(lines: Sequence[str]) -> list[str]:
    """Drop the comments whose group of modules became empty."""
    kept: list[str] = []
    started = False
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        started = started or line.startswith("*")
        if started and line.startswith("#") and (following.startswith("#") or not following):
            continue
        kept.append(line)
    return kept


@dataclass
class _Lists:
    """stdlib.lst while it grows. A value says whether a described release knew the name."""

    whole: set[str]
    parts: dict[str, list[str]]
    omitted: dict[str, str]
    absent: dict[str, str]

    def frozen(self) -> StdlibList:
        return StdlibList(
            frozenset(self.whole), {name: tuple(subs) for name, subs in self.parts.items()}, self.omitted, self.absent
        )


def derive_stdlib(
    known: Sequence[Manifest], result: Derived, lib: Path, builtin: frozenset[str], survey: Survey
) -> None:
    """Add stdlib.lst to ``result``. ``survey`` returns what files of ``lib`` import, see ``imports.survey_imports``."""
    base = known[0].stdlib
    top = manifest.upstream_stdlib(lib)
    lists = _start(known, lib, top, result)
    read: set[Path] = set()
    imported: dict[str, Iterable[str]] = {}
    while True:
        files, _ = lists.frozen().resolve(lib)
        imported.update(survey(lib, [path for path in files if path not in read]))
        read.update(files)
        unmet = imports.unmet_imports(imported, builtin)
        wanted = sorted(name for name in unmet if name not in lists.absent)
        if not [name for name in wanted if _take(name, lists, known, lib)]:
            break
    for name in sorted(top - lists.whole - lists.parts.keys() - lists.omitted.keys()):
        lists.omitted[name] = f"new beside {result.base}, and nothing listed imports it: {LOOK}"
    unsteady = {name for one in known for name in one.stdlib.absent}
    for name in wanted:
        reason = next((one.stdlib.absent[name] for one in known if name in one.stdlib.absent), "")
        lists.absent[name] = reason or f"imported by {', '.join(sorted(unmet[name]))}: {LOOK}"
        if name not in unsteady:
            result.questions.append(f"{name} is imported by {', '.join(sorted(unmet[name]))} and will be absent")
    for name in sorted(lists.absent.keys() - unmet.keys()):
        del lists.absent[name]
    old = base.top_level() | base.omitted.keys()
    for name in sorted(top - old):
        how = f"left out ({lists.omitted[name]})" if name in lists.omitted else "listed"
        result.appeared.append(f"stdlib {name}: {how}")
        if LOOK in lists.omitted.get(name, ""):
            result.questions.append(f"the stdlib module {name} is left out")
    result.vanished += [f"stdlib {name}" for name in sorted(old - top)]
    text = (known[0].folder / manifest.STDLIB).read_text()
    result.texts[manifest.STDLIB] = _stdlib_text(text, lists, result.base)


def _start(known: Sequence[Manifest], lib: Path, top: frozenset[str], result: Derived) -> _Lists:
    """Return the lists of the base, as far as the files are there, and what others know of the rest."""
    base = known[0].stdlib
    whole = {name for name in base.whole if name in top}
    parts = {}
    for package, subs in base.parts.items():
        if package in top:
            parts[package] = [name for name in subs if imports.is_module(lib, f"{package}.{name}")]
            gone = [f"stdlib {package}.{name}" for name in subs if name not in parts[package]]
            result.vanished += gone
            if not (lib / package).is_dir():
                del parts[package]
                whole.add(package)
    omitted = {name: reason for name, reason in base.omitted.items() if name in top}
    for name in sorted(top - whole - parts.keys() - omitted.keys()):
        for one in known[1:]:
            if name in one.stdlib.omitted:
                omitted[name] = one.stdlib.omitted[name]
            elif name in one.stdlib.whole:
                whole.add(name)
            elif name in one.stdlib.parts:
                subs = one.stdlib.parts[name]
                parts[name] = [sub for sub in subs if imports.is_module(lib, f"{name}.{sub}")]
            else:
                continue
            break
    return _Lists(whole, parts, omitted, dict(base.absent))


def _take(name: str, lists: _Lists, known: Sequence[Manifest], lib: Path) -> bool:
    """List a module that a listed one imports, if it has a file and no release calls it omitted or absent."""
    package, _, rest = name.partition(".")
    if not imports.is_module(lib, name) or package in lists.omitted:
        return False
    if any(name in one.stdlib.absent for one in known):
        return False
    if package in lists.parts:
        if rest and rest not in lists.parts[package]:
            lists.parts[package].append(rest)
            return True
        return False
    if package in lists.whole:
        return False
    lists.whole.add(package)
    return True


def _stdlib_text(text: str, lists: _Lists, base: str) -> str:
    """Return the base's stdlib.lst with the names that are left, and those that came.

    A new name joins the names with the same reason, or gets its own group.
    """
    groups: dict[str, list[str]] = {"": []}
    seen: dict[str, set[str]] = {"": set(), "omitted": set(), "absent": set()}
    section = ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            groups[section] = [line]
        else:
            groups[section] += _edited(line, section, lists, seen[section])
    come = {
        "": [_listed(name, lists) for name in sorted((lists.whole | lists.parts.keys()) - seen[""])],
        "omitted": [f"{name}: {why}" for name, why in sorted(lists.omitted.items()) if name not in seen["omitted"]],
        "absent": [f"{name}: {why}" for name, why in sorted(lists.absent.items()) if name not in seen["absent"]],
    }
    out = []
    for name, lines in groups.items():
        while lines and not lines[-1]:
            lines.pop()
        out += [*lines, *([f"# New beside {base}", *come[name]] if come[name] else []), ""]
    return "\n".join(_without_empty_comments(out)).rstrip("\n") + "\n"


def _listed(name: str, lists: _Lists) -> str:
    return f"{name}: {' '.join(lists.parts[name])}" if name in lists.parts else name


def _without_empty_comments(lines: Sequence[str]) -> list[str]:
    kept = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if not line.startswith("#") or following or number < 3:
            kept.append(line)
    return kept


def _edited(line: str, section: str, lists: _Lists, seen: set[str]) -> list[str]:
    """Return a line of stdlib.lst with the names that hold, none when none is left."""
    if not line or line.startswith("#"):
        return [line]
    names, colon, rest = line.partition(":")
    if section:
        table = lists.omitted if section == "omitted" else lists.absent
        # Which releases import a name not always cannot be known from one of them.
        words = [word for name in names.split() if (word := name.removesuffix("?")) in table]
        if words:
            come = [name for name in sorted(table.keys() - seen) if table[name] == rest.strip() and name not in words]
            words = sorted(words + come) if come else words
        seen.update(words)
        return [f"{' '.join(words)}:{rest}"] if words else []
    if colon:
        seen.add(names)
        return [_listed(names, lists)] if names in lists.parts or names in lists.whole else []
    words = [word for word in names.split() if word in lists.whole]
    seen.update(words)
    return [" ".join(words)] if words else []
