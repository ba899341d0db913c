# SPDX-License-Identifier: GPL-3.0-or-later
"""``./sconsw new-python VERSION-or-DIR``: describe a release that stdlib_manifests/ does not know yet, and try it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.patching import fits
from mpykbuild.base.paths import MANIFESTS, PATCHES, PROJECT
from mpykbuild.base.process import run_on_terminal
from mpykbuild.fetch import sources
from mpykbuild.plan import project as project_plan
from mpykbuild.plan.settings import Settings, is_pin
from mpykbuild.python import byte_compile, derive_manifest, manifest, patches, user_source
from mpykbuild.python.derive_manifest import Derived
from mpykbuild.python.inside import imports
from mpykbuild.python.stdlib_list import read_stdlib_list

TARGET = "new-python"
USAGE = f"write ./sconsw {TARGET} 3.N.M (a pinned release), or the path of a CPython source tree or tarball"
OWN_PACKAGES = ("pykdump",)


@dataclass(frozen=True)
class Release:
    """The release to describe: the word that names it for ``python=``, and its unpacked source."""

    word: str
    version: str
    source: Path

    @property
    def minor(self) -> str:
        return manifest.minor_of(self.version)


def main(words: Sequence[str], values: Mapping[str, str], launched_from: Path) -> int:
    """Do all of it; return the status of the tests."""
    if len(words) != 1:
        raise BuildError(f"{TARGET} takes one release.", USAGE)
    settings = Settings(values, launched_from)
    release = bring_release(words[0], settings)
    folder = MANIFESTS / release.minor
    if folder.exists():
        raise BuildError(
            f"Python {release.minor} is described already, in {folder}.", "delete that folder to start anew"
        )
    try:
        result = describe_release(release, MANIFESTS, PATCHES)
        print(f"{folder.relative_to(PROJECT)}: derived from {result.base}", flush=True)
        product = project_plan.python_plan(settings, release.word).plan.make()
        refine_with_interpreter(release, result, MANIFESTS, product / "bin" / "python")
    finally:
        shutil.rmtree(release.source.parent, ignore_errors=True)
    print(differences_report(release, result), flush=True)
    command = [sys.executable, "-I", "-m", "SCons", "-C", str(PROJECT), f"python={release.word}", "test"]
    given = [f"{name}={values[name]}" for name in ("crash", "cache", "downloads") if values[name]]
    status = run_on_terminal([*command, *given, "tests=tests/embedded -q"])
    if status == 0:
        (folder / manifest.UNVERIFIED).unlink()
    print(remaining_work(release, result, status), flush=True)
    return status


def bring_release(word: str, settings: Settings) -> Release:
    """Unpack the source of the release that ``word`` names into a work folder of the cache."""
    work = settings.cache / TARGET
    shutil.rmtree(work, ignore_errors=True)
    arrived = work / "arrived"
    arrived.mkdir(parents=True)
    if is_pin(word):
        pinned = sources.load_sources().python(word)
        project_plan.unpack_pinned(pinned, settings, arrived)
        version = pinned.version
    else:
        given = user_source.user_source(settings.path(word), settings.cache)
        given.fill(arrived)
        word, version = str(given.path), given.version
    inside = [entry for entry in arrived.iterdir() if (entry / "configure").is_file()]
    return Release(word, version, inside[0] if inside else arrived)


def describe_release(release: Release, manifests: Path, patch_root: Path) -> Derived:
    """Write the folder of the release, as far as its source can be understood without its interpreter."""
    known = derive_manifest.described_releases(manifests, release.minor, release.source)
    lib = release.source / "Lib"
    listed, _ = known[0].stdlib.resolve(lib)
    imported = {name for names in lenient_survey(lib, listed).values() for name in names}
    result = derive_manifest.derive_modules(known, release.source, frozenset(imported))
    builtin = frozenset(result.texts[manifest.BUILTIN].splitlines()[1:])
    derive_manifest.derive_stdlib(known, result, lib, builtin, lenient_survey)
    folder = manifests / release.minor
    folder.mkdir()
    for name, text in result.texts.items():
        (folder / name).write_text(text)
    why = f"derived by {TARGET} from {result.base}; its tests have not passed yet"
    (folder / manifest.UNVERIFIED).write_text(f"{why}\n")
    _propose_patches(release, result, patch_root)
    return result


def refine_with_interpreter(release: Release, result: Derived, manifests: Path, python: Path) -> None:
    """Write stdlib.lst anew with what the release's own interpreter reads, and see that our own modules find theirs."""
    folder = manifests / release.minor
    known = derive_manifest.described_releases(manifests, release.minor, release.source)
    builtin = frozenset(manifest.read_words(folder / manifest.BUILTIN))
    fresh = Derived(result.base)

    def survey(lib: Path, files: Sequence[Path]) -> Mapping[str, Iterable[str]]:
        return _surveyed_by(python, lib, files)

    derive_manifest.derive_stdlib(known, fresh, release.source / "Lib", builtin, survey)
    (folder / manifest.STDLIB).write_text(fresh.texts[manifest.STDLIB])
    for kept, found in ((result.appeared, fresh.appeared), (result.vanished, fresh.vanished)):
        kept[:] = dict.fromkeys([*kept, *found])
    result.questions[:] = dict.fromkeys([*result.questions, *fresh.questions])
    result.questions += _missing_for_us(folder, release, builtin, survey)


def _missing_for_us(
    folder: Path, release: Release, builtin: frozenset[str], survey: derive_manifest.Survey
) -> list[str]:
    """Return a sentence for each stdlib module that our own modules import and the new lists do not have."""
    lib = release.source / "Lib"
    files, _ = read_stdlib_list(folder / manifest.STDLIB).resolve(lib)
    have = {imports.module_name(path) for path in files} | builtin | imports.ALWAYS
    ours = [path.relative_to(PROJECT) for name in OWN_PACKAGES for path in sorted((PROJECT / name).rglob("*.py"))]
    wanted = {name: module for module, names in survey(PROJECT, ours).items() for name in names}
    stdlib = manifest.upstream_stdlib(lib) | manifest.upstream_modules(release.source)
    return [
        f"{module} imports {name}, which is not listed"
        for name, module in sorted(wanted.items())
        if name not in have and name.partition(".")[0] in stdlib
    ]


def lenient_survey(lib: Path, files: Sequence[Path]) -> Mapping[str, Iterable[str]]:
    """Survey imports with the running Python; files in the syntax of a newer one count as importing nothing."""
    found: dict[str, Iterable[str]] = {}
    for path in files:
        try:
            found.update(imports.survey_imports(lib, [path]))
        except SyntaxError:
            found[imports.module_name(path)] = []
    return found


def _surveyed_by(python: Path, lib: Path, files: Sequence[Path]) -> dict[str, list[str]]:
    question = {"lib": str(lib), "files": [str(path) for path in files]}
    answer: dict[str, list[str]] = byte_compile.ask_program(
        python, imports.__file__, question, f"The imports of {lib} cannot be read"
    )
    return answer


def _propose_patches(release: Release, result: Derived, patch_root: Path) -> None:
    """Take over those patches of the nearest release that fit; name the others."""
    target = patch_root / release.minor
    if target.exists():
        return
    fitting = [path for path in patches.series(patch_root / result.base) if fits(path, release.source)]
    target.mkdir(parents=True)
    for path in fitting:
        shutil.copyfile(path, target / path.name)
    head = '# Applied in this order with "patch -p1 --fuzz=0".\n'
    (target / "series").write_text(head + "".join(f"{path.name}\n" for path in fitting))
    unfit = [path for path in patches.series(patch_root / result.base) if path not in fitting]
    result.questions += [
        f"the patch {path.name} of {result.base} does not fit: refresh it or do without" for path in unfit
    ]


def differences_report(release: Release, result: Derived) -> str:
    """Return what appeared and what vanished beside the release that was the model."""
    lines = [f"Python {release.version} beside {result.base}:"]
    for title, rows in (("appeared", result.appeared), ("vanished", result.vanished)):
        lines += [f"  {title}:" if rows else f"  {title}: nothing", *(f"    {row}" for row in rows)]
    return "\n".join(lines)


def remaining_work(release: Release, result: Derived, status: int) -> str:
    """Return what a human has to do."""
    lines = ["Left for you:"]
    lines += [f"  - decide: {question}" for question in result.questions]
    lines += [f"  - read stdlib_manifests/{release.minor}/ and give a reason wherever it says '{derive_manifest.LOOK}'"]
    if status:
        lines.append(f"  - the tests failed (status {status}): their output above says which")
    lines.append("  - add the release to site_scons/sources.json if others are to build it by its number")
    return "\n".join(lines)
