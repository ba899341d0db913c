# SPDX-License-Identifier: GPL-3.0-or-later
"""``./sconsw new-python VERSION-or-DIR``: write stdlib_manifests/3.N/ for a new release of Python and test it."""

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
from mpykbuild.plan.settings import Settings, is_version
from mpykbuild.python import byte_compile, derive_manifest, manifest, patches, user_source
from mpykbuild.python.derive_manifest import Derived
from mpykbuild.python.inside import imports
from mpykbuild.python.stdlib_list import read_stdlib_list

TARGET = "new-python"
USAGE = f"write ./sconsw {TARGET} 3.N.M (a pinned release), or give the path of a CPython source tree or tarball."
OWN_PACKAGES = ("pykdump",)


@dataclass(frozen=True)
class Release:
    """The release to describe. ``python_option`` is the value of ``python=`` for it, ``source`` its unpacked source."""

    python_option: str
    version: str
    source: Path

    @property
    def minor(self) -> str:
        return manifest.minor_of(self.version)


def main(words: Sequence[str], values: Mapping[str, str], launched_from: Path) -> int:
    """Write the manifest, build the release and test it. Return the status of the tests. Raises BuildError."""
    if len(words) != 1:
        raise BuildError(f"{TARGET} takes one release.", USAGE)
    settings = Settings(values, launched_from)
    release = unpack_release(words[0], settings)
    folder = MANIFESTS / release.minor
    if folder.exists():
        raise BuildError(
            f"Python {release.minor} has a manifest already: {folder}.", "delete that folder to start again."
        )
    try:
        result = describe_release(release, MANIFESTS, PATCHES)
        print(f"{folder.relative_to(PROJECT)}: derived from {result.base}", flush=True)
        product = project_plan.python_plan(settings, release.python_option).plan.make()
        refine_with_interpreter(release, result, MANIFESTS, product / "bin" / "python")
    finally:
        shutil.rmtree(release.source.parent, ignore_errors=True)
    print(differences_report(release, result), flush=True)
    command = [sys.executable, "-I", "-m", "SCons", "-C", str(PROJECT), f"python={release.python_option}", "test"]
    given = [f"{name}={values[name]}" for name in ("crash", "cache", "downloads") if values[name]]
    status = run_on_terminal([*command, *given, "tests=tests/embedded -q"])
    if status == 0:
        (folder / manifest.UNVERIFIED).unlink()
    print(remaining_work(release, result, status), flush=True)
    return status


def unpack_release(word: str, settings: Settings) -> Release:
    """Unpack the release that ``word`` names (a version or a path) into a work folder of the cache."""
    work = settings.cache / TARGET
    shutil.rmtree(work, ignore_errors=True)
    unpacked = work / "unpacked"
    unpacked.mkdir(parents=True)
    if is_version(word):
        pinned = sources.load_sources().python(word)
        project_plan.unpack_pinned(pinned, settings, unpacked)
        version = pinned.version
    else:
        given = user_source.user_source(settings.path(word), settings.cache)
        given.fill(unpacked)
        word, version = str(given.path), given.version
    trees = [entry for entry in unpacked.iterdir() if (entry / "configure").is_file()]
    return Release(word, version, trees[0] if trees else unpacked)


def describe_release(release: Release, manifests: Path, patch_root: Path) -> Derived:
    """Write the manifest and the patches of the release, from what its source shows without its interpreter."""
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
    reason = f"derived by {TARGET} from {result.base}; its tests have not passed yet"
    (folder / manifest.UNVERIFIED).write_text(f"{reason}\n")
    _propose_patches(release, result, patch_root)
    return result


def refine_with_interpreter(release: Release, result: Derived, manifests: Path, python: Path) -> None:
    """Write stdlib.lst again, from the imports that the new interpreter reads, and check the imports of pykdump."""
    folder = manifests / release.minor
    known = derive_manifest.described_releases(manifests, release.minor, release.source)
    builtin = frozenset(manifest.read_words(folder / manifest.BUILTIN))
    fresh = Derived(result.base)

    def survey(lib: Path, files: Sequence[Path]) -> Mapping[str, Iterable[str]]:
        return _survey_with(python, lib, files)

    derive_manifest.derive_stdlib(known, fresh, release.source / "Lib", builtin, survey)
    (folder / manifest.STDLIB).write_text(fresh.texts[manifest.STDLIB])
    for merged, found in ((result.appeared, fresh.appeared), (result.vanished, fresh.vanished)):
        merged[:] = dict.fromkeys([*merged, *found])
    result.questions[:] = dict.fromkeys([*result.questions, *fresh.questions])
    result.questions += _unlisted_imports_of_pykdump(folder, release, builtin, survey)


def _unlisted_imports_of_pykdump(
    folder: Path, release: Release, builtin: frozenset[str], survey: derive_manifest.Survey
) -> list[str]:
    """Return a sentence for each stdlib module that pykdump imports and that the new lists lack."""
    lib = release.source / "Lib"
    files, _ = read_stdlib_list(folder / manifest.STDLIB).resolve(lib)
    listed = {imports.module_name(path) for path in files} | builtin | imports.ALWAYS
    ours = [path.relative_to(PROJECT) for name in OWN_PACKAGES for path in sorted((PROJECT / name).rglob("*.py"))]
    wanted = {name: module for module, names in survey(PROJECT, ours).items() for name in names}
    stdlib = manifest.upstream_stdlib(lib) | manifest.upstream_modules(release.source)
    return [
        f"{module} imports {name}, which is not listed"
        for name, module in sorted(wanted.items())
        if name not in listed and name.partition(".")[0] in stdlib
    ]


def lenient_survey(lib: Path, files: Sequence[Path]) -> Mapping[str, Iterable[str]]:
    """Return what each file imports, read by the running Python.

    A file with newer syntax, which this Python cannot parse, counts as importing nothing.
    """
    found: dict[str, Iterable[str]] = {}
    for path in files:
        try:
            found.update(imports.survey_imports(lib, [path]))
        except SyntaxError:
            found[imports.module_name(path)] = []
    return found


def _survey_with(python: Path, lib: Path, files: Sequence[Path]) -> dict[str, list[str]]:
    """Return what each file imports, read by the interpreter ``python``."""
    question = {"lib": str(lib), "files": [str(path) for path in files]}
    answer: dict[str, list[str]] = byte_compile.ask_program(
        python, imports.__file__, question, f"The imports of {lib} cannot be read"
    )
    return answer


def _propose_patches(release: Release, result: Derived, patch_root: Path) -> None:
    """Copy the patches of the most similar release that apply. Add a question for each one that does not."""
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
        f"the patch {path.name} of {result.base} does not apply: refresh it or leave it out" for path in unfit
    ]


def differences_report(release: Release, result: Derived) -> str:
    """Return what appeared and what vanished, compared with the release that was the model."""
    lines = [f"Python {release.version} compared with {result.base}:"]
    for title, rows in (("appeared", result.appeared), ("vanished", result.vanished)):
        lines += [f"  {title}:" if rows else f"  {title}: nothing", *(f"    {row}" for row in rows)]
    return "\n".join(lines)


def remaining_work(release: Release, result: Derived, status: int) -> str:
    """Return what the maintainer has to do."""
    lines = ["What you have to do:"]
    lines += [f"  - decide: {question}" for question in result.questions]
    lines += [
        f"  - read stdlib_manifests/{release.minor}/ and give a reason in each line with '{derive_manifest.LOOK}'"
    ]
    if status:
        lines.append(f"  - repair the tests that failed (status {status}): their output above says which")
    lines.append("  - add the release to site_scons/sources.json, so that others can build it by its version")
    return "\n".join(lines)
