# SPDX-License-Identifier: GPL-3.0-or-later
"""Derive the manifest of a new release from its source and from the releases that have a manifest.

A release with a manifest is called described. There are two questions about each module of the new release: is it
built in, and is it listed? The most similar described release that knows the module answers them. If no release knows
it, this module proposes an answer and reports it to the maintainer. ``LOOK`` marks each line that needs a reason.

Decision: this module and ``manifest.check_source`` stay separate, because they have different purposes.
``check_source`` belongs to each build. It compares an existing manifest with the source and fails with all the
differences. This module belongs to ``./sconsw new-python``. It compares the source with the manifest of another
release, expects differences, and decides what the new manifest says about them. Both read upstream's files with
``upstream_modules``, ``core_modules`` and ``upstream_stdlib`` of ``manifest``, and both take the known names of the
standard library from ``StdlibList.mentioned``. This module does not call the check. new-python builds the release
afterwards, and that build checks the derived manifest as it checks every other one.
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
# Each Setup.local names the sources of these modules, because the build adds them to CPython's tree.
_ADDED = frozenset({"zlib"})
# Names of upstream's own tests and templates. These modules are never a part of an embedded Python.
_TEST = re.compile(r"_test|xx|_xxtest|_ctypes_test")
Survey = Callable[[Path, Sequence[Path]], Mapping[str, Iterable[str]]]


@dataclass
class Derived:
    """The derived manifest. ``base`` is the release that is the model, ``texts`` are the new files by name.

    ``appeared`` and ``vanished`` are the differences from the model, ``questions`` is what the maintainer must decide.
    """

    base: str
    texts: dict[str, str] = field(default_factory=dict)
    appeared: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)


def described_releases(manifests: Path, minor: str, source: Path) -> list[Manifest]:
    """Return the described releases, the most similar one first. Raises BuildError if there is none.

    First come the releases whose Setup.local has the same form: with sources if ``source`` has no Setup.stdlib.in.
    Among them come first those with the nearest number, then verified ones, then newer ones.
    """
    number = int(minor.partition(".")[2])
    names_sources = not (source / "Modules" / "Setup.stdlib.in").is_file()
    known = [manifest.load_manifest(manifests, name) for name in manifest.known_minors(manifests) if name != minor]
    if not known:
        raise BuildError(f"{manifests} describes no release to start from.", "restore the folder from version control.")

    def rank(one: Manifest) -> tuple[bool, int, bool, int]:
        own = int(one.folder.name.partition(".")[2])
        return _names_sources(one) != names_sources, abs(own - number), bool(manifest.why_unverified(one.folder)), -own

    return sorted(known, key=rank)


def _names_sources(one: Manifest) -> bool:
    """Return whether the rows of a Setup.local name the sources of all modules, as releases before 3.11 need it."""
    return bool(one.configured - _ADDED)


def derive_modules(known: Sequence[Manifest], source: Path, imported: frozenset[str]) -> Derived:
    """Return Setup.local and builtin.lst, without stdlib.lst.

    ``imported`` are the modules that the base's listed stdlib files import in the new release. A C module that no
    described release knows is built in if it is imported.
    """
    base = known[0]
    result = Derived(base.folder.name)
    upstream, core = manifest.upstream_modules(source), manifest.core_modules(source)
    old = base.builtin | base.disabled
    new = sorted((upstream | core) - old)
    # Upstream builds these modules by default: the fixed ones, and the rows of its Setup that are not commented out.
    always = core | _modules_switched_on(source)
    wanted = {name: _nearest_answer(name, known) for name in sorted(upstream - core)}
    disabled = {name for name, yes in wanted.items() if yes is False or (yes is None and name not in imported | always)}
    built = (upstream | core) - disabled
    for name in new:
        result.appeared.append(f"C module {name}: {'built in' if name in built else 'left out'}")
        if wanted.get(name, True) is None and name not in always and not _TEST.match(name):
            result.questions.append(f"the C module {name} is {'built in' if name in built else 'left out'}")
    result.vanished += [f"C module {name}" for name in sorted(old - upstream - core)]
    rows = (
        {name: _setup_row(source, name, known) for name in sorted((built - always) & set(new))}
        if _names_sources(base)
        else {}
    )
    result.questions += [f"no row of Setup is known for {name}" for name, row in rows.items() if not row]
    result.texts[manifest.SETUP] = _setup_text(base, upstream, disabled, [row for row in rows.values() if row])
    head = (base.folder / manifest.BUILTIN).read_text().splitlines()[0]
    result.texts[manifest.BUILTIN] = "\n".join([head, *sorted(built)]) + "\n"
    return result


def _modules_switched_on(source: Path) -> frozenset[str]:
    """Return the modules whose rows in upstream's Setup are not commented out."""
    rows = (source / "Modules" / "Setup").read_text().splitlines()
    found = (re.match(r"([A-Za-z_]\w*)\s+.*\.c\b", row) for row in rows)
    return frozenset(row.group(1) for row in found if row)


def _nearest_answer(name: str, known: Sequence[Manifest]) -> bool | None:
    """Return whether the most similar release that knows the module builds it in; None if no release knows it."""
    for one in known:
        if name in one.builtin or name in one.disabled:
            return name in one.builtin
    return None


def _setup_row(source: Path, name: str, known: Sequence[Manifest]) -> str:
    """Return the row of Setup that builds a module: from a described release, else from upstream; empty if none."""
    places = [one.setup_file for one in known if _names_sources(one)] + [source / "Modules" / "Setup"]
    for place in places:
        for line in place.read_text().replace("\\\n", " ").splitlines():
            text = line.removeprefix("#")
            if re.match(rf"{re.escape(name)}\s+.*\.c\b", text):
                return " ".join(text.partition("#")[0].split())
    return ""


def _setup_text(base: Manifest, upstream: frozenset[str], disabled: set[str], rows: Iterable[str]) -> str:
    """Return the base's Setup.local without the vanished names, and with ``rows`` and the new names in ``disabled``."""
    lines, in_disabled, seen = [], False, set[str]()
    # A row may continue on the next line.
    for line in re.split(r"(?<!\\)\n", base.setup_file.read_text().rstrip("\n")):
        if line.startswith("*"):
            if line == "*disabled*":
                lines += [*rows, *([""] if rows else [])]
            in_disabled = line == "*disabled*"
        elif line and not line.startswith("#"):
            words = [word for word in line.split() if word in disabled] if in_disabled else line.split()
            seen.update(words)
            if not words or (not in_disabled and (words[0] not in upstream or words[0] in disabled)):
                continue
            line = " ".join(words) if in_disabled else line
        lines.append(line)
    more = sorted(disabled - seen)
    if more:
        lines += [f"# Not in {base.folder.name}: {LOOK}.", " ".join(more)]
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
    """The lists of the new stdlib.lst, which change while it is derived. The fields are those of StdlibList."""

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
    """Add stdlib.lst, and what the maintainer should know about it, to ``result``.

    ``survey`` returns the modules that files of ``lib`` import, as ``imports.survey_imports`` does.
    """
    base = known[0].stdlib
    top = manifest.upstream_stdlib(lib)
    lists = _initial_lists(known, lib, top, result)
    read: set[Path] = set()
    imported: dict[str, Iterable[str]] = {}
    while True:
        files, _ = lists.frozen().resolve(lib)
        imported.update(survey(lib, [path for path in files if path not in read]))
        read.update(files)
        unmet = imports.unmet_imports(imported, builtin)
        wanted = sorted(name for name in unmet if name not in lists.absent)
        if not [name for name in wanted if _list_import(name, lists, known, lib)]:
            break
    for name in sorted(top - lists.frozen().mentioned()):
        lists.omitted[name] = f"not in {result.base}, and nothing listed imports it: {LOOK}"
    known_absent = {name for one in known for name in one.stdlib.absent}
    for name in wanted:
        reason = next((one.stdlib.absent[name] for one in known if name in one.stdlib.absent), "")
        lists.absent[name] = reason or f"imported by {', '.join(sorted(unmet[name]))}: {LOOK}"
        if name not in known_absent:
            result.questions.append(f"{name} is imported by {', '.join(sorted(unmet[name]))} and will be absent")
    for name in sorted(lists.absent.keys() - unmet.keys()):
        del lists.absent[name]
    old = base.mentioned()
    for name in sorted(top - old):
        how = f"left out ({lists.omitted[name]})" if name in lists.omitted else "listed"
        result.appeared.append(f"stdlib {name}: {how}")
        if LOOK in lists.omitted.get(name, ""):
            result.questions.append(f"the stdlib module {name} is left out")
    result.vanished += [f"stdlib {name}" for name in sorted(old - top)]
    text = (known[0].folder / manifest.STDLIB).read_text()
    result.texts[manifest.STDLIB] = _stdlib_text(text, lists, result.base)


def _initial_lists(known: Sequence[Manifest], lib: Path, top: frozenset[str], result: Derived) -> _Lists:
    """Return the base's lists without the files that vanished, and with the names that other releases know."""
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


def _list_import(name: str, lists: _Lists, known: Sequence[Manifest], lib: Path) -> bool:
    """Add the module ``name``, which a listed one imports, to the lists. Return whether it was added.

    It is not added if it has no file, or if it is omitted, or if a release calls it absent.
    """
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
    """Return ``text``, the base's stdlib.lst, without the names that vanished and with the new ones.

    A new name joins the names with the same reason. If there are none, it comes into a new group at the end.
    """
    groups: dict[str, list[str]] = {"": []}
    seen: dict[str, set[str]] = {"": set(), "omitted": set(), "absent": set()}
    section = ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            groups[section] = [line]
        else:
            groups[section] += _edited_line(line, section, lists, seen[section])
    added = {
        "": [_listed(name, lists) for name in sorted((lists.whole | lists.parts.keys()) - seen[""])],
        "omitted": [f"{name}: {why}" for name, why in sorted(lists.omitted.items()) if name not in seen["omitted"]],
        "absent": [f"{name}: {why}" for name, why in sorted(lists.absent.items()) if name not in seen["absent"]],
    }
    out = []
    for name, lines in groups.items():
        while lines and not lines[-1]:
            lines.pop()
        out += [*lines, *([f"# Not in {base}", *added[name]] if added[name] else []), ""]
    return "\n".join(_without_empty_comments(out)).rstrip("\n") + "\n"


def _listed(name: str, lists: _Lists) -> str:
    """Return the entry of a listed name: a package of which only some submodules are listed has a colon."""
    return f"{name}: {' '.join(lists.parts[name])}" if name in lists.parts else name


def _without_empty_comments(lines: Sequence[str]) -> list[str]:
    """Drop the comments whose group became empty. The first three lines explain the file and stay."""
    kept = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if not line.startswith("#") or following or number < 3:
            kept.append(line)
    return kept


def _edited_line(line: str, section: str, lists: _Lists, seen: set[str]) -> list[str]:
    """Return the line with the names that are still in the lists, in a list that is empty if there are none.

    The names go into ``seen``.
    """
    if not line or line.startswith("#"):
        return [line]
    names, colon, rest = line.partition(":")
    if section:
        table = lists.omitted if section == "omitted" else lists.absent
        # A question mark stays: one release does not show whether all its patch releases import the name.
        words = [name for name in names.split() if name.removesuffix("?") in table]
        seen.update(name.removesuffix("?") for name in words)
        if words:
            added = [name for name in sorted(table.keys() - seen) if table[name] == rest.strip()]
            words = sorted(words + added) if added else words
            seen.update(added)
        return [f"{' '.join(words)}:{rest}"] if words else []
    if colon:
        seen.add(names)
        return [_listed(names, lists)] if names in lists.parts or names in lists.whole else []
    words = [word for word in names.split() if word in lists.whole]
    seen.update(words)
    return [" ".join(words)] if words else []
