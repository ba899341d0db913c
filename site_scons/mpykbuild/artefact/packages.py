# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages of others in the bundle: read from wheels of pure Python, checked, and tried out.

A package lies at the root of the bundle, next to ``pykdump``. Its licences go to ``licences/<name>/``.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from pathlib import Path, PurePosixPath

from mpykbuild.base.errors import BuildError
from mpykbuild.python import byte_compile
from mpykbuild.python.inside import package_probe

LICENCES = "licences"
# The list of the packages for programs that read the bundle.
FILE = "packages.json"
_COMPILED = (".so", ".pyd", ".dylib", ".dll", ".a", ".o", ".c", ".pyx")
_LICENCE_NAME = re.compile(r"(LICEN[CS]E|COPYING|NOTICE|AUTHORS)", re.IGNORECASE)
# The metadata of a wheel; a bundle has no use for the rest of it.
_INFO, _DATA = ".dist-info", ".data"
_NEXT_STEP = "take it out of packages=FILE."


@dataclass(frozen=True)
class Package:
    """One wheel. ``files`` are its modules and data, ``licences`` its licences: name in the wheel to content.

    ``licence`` is the name of the licence in the wheel's metadata; empty if there is none.
    """

    name: str
    version: str
    licence: str
    files: Mapping[str, bytes]
    licences: Mapping[str, bytes]

    @property
    def modules(self) -> list[str]:
        """The names of the top-level modules and packages."""
        return sorted({PurePosixPath(name).parts[0].removesuffix(".py") for name in self.files if name.endswith(".py")})


def read_packages(folders: Iterable[Path], taken: Iterable[str]) -> list[Package]:
    """Return the packages of all wheels in ``folders``.

    ``taken`` are the modules that the bundle already has. Raises BuildError for a wheel with C code, and for two
    packages with the same module.
    """
    owners = dict.fromkeys(taken, "the bundle")
    found = [read_wheel(path) for folder in folders for path in sorted(folder.glob("*.whl"))]
    for package in found:
        for module in package.modules:
            owner = owners.setdefault(module, package.name)
            if owner != package.name:
                raise BuildError(f"{package.name} has a module {module}, which {owner} has too.", _NEXT_STEP)
    return found


def read_wheel(path: Path) -> Package:
    """Read a wheel. Raises BuildError if it has C code or installs files outside of the modules."""
    with zipfile.ZipFile(path) as wheel:
        content = {name: wheel.read(name) for name in wheel.namelist() if not name.endswith("/")}
    (info,) = {name.partition("/")[0] for name in content if name.partition("/")[0].endswith(_INFO)}
    facts = Parser().parsestr(content[f"{info}/METADATA"].decode("utf-8", "replace"))
    name, version = facts["Name"], facts["Version"]
    compiled = sorted(file for file in content if PurePosixPath(file).suffix in _COMPILED)
    if compiled or b"Root-Is-Purelib: true" not in content[f"{info}/WHEEL"]:
        example = f" ({compiled[0]})" if compiled else ""
        raise BuildError(f"{name} {version} has C code{example}, so it cannot be added to the bundle.", _NEXT_STEP)
    files = {file: data for file, data in content.items() if _is_wanted(file)}
    licences = {
        file.removeprefix(f"{info}/").removeprefix("licenses/"): data
        for file, data in content.items()
        if file.startswith(info) and _LICENCE_NAME.match(PurePosixPath(file).name)
    }
    return Package(name, version, _licence_of(facts), files, licences)


def _licence_of(facts: Message) -> str:
    """Return the name of the licence in a wheel's metadata."""
    classifiers = [words for words in facts.get_all("Classifier", []) if words.startswith("License ::")]
    text = facts["License-Expression"] or facts["License"] or ", ".join(row.split(" :: ")[-1] for row in classifiers)
    return str(text).partition("\n")[0].strip()


def _is_wanted(file: str) -> bool:
    """Return whether the bundle needs a file of a wheel: not its metadata, scripts, and stubs."""
    top = file.partition("/")[0]
    return not top.endswith((_INFO, _DATA)) and not file.endswith(".pyi")


def data_files(packages: Iterable[Package]) -> dict[str, bytes]:
    """Return the files of the packages that are not compiled, with their licences and FILE."""
    found: dict[str, bytes] = {}
    rows = []
    for package in packages:
        found.update({name: data for name, data in package.files.items() if not name.endswith(".py")})
        found.update({f"{LICENCES}/{package.name}/{name}": data for name, data in package.licences.items()})
        rows.append(
            {"name": package.name, "version": package.version, "licence": package.licence, "modules": package.modules}
        )
    found[FILE] = (json.dumps(rows, indent=1) + "\n").encode()
    return found


def versions_and_licences(packages: Iterable[Package]) -> dict[str, str]:
    """Return a text such as ``15.0.0 (MIT)`` for each package, by its name."""
    return {each.name: f"{each.version} ({each.licence or 'see its licence'})" for each in packages}


def check_imports(python: Path, bundle: Path, packages: Sequence[Package], omitted: Mapping[str, str]) -> None:
    """Raise BuildError if a package cannot be imported from the finished bundle, with the modules that are in it.

    ``omitted`` maps the modules that the bundle leaves out to the reasons.
    """
    question = {
        "path": [str(bundle), f"{bundle}/stdlib"],
        "modules": [module for package in packages for module in package.modules],
    }
    what = "The packages in the bundle cannot be tried out"
    answer = byte_compile.ask_program(python / "bin" / "python", package_probe.__file__, question, what)
    lines = [
        f"  - {package.name} {package.version}: {error}{_reason(missing, omitted)}"
        for package in packages
        for error, missing in (answer[module] for module in package.modules if module in answer)
    ]
    if lines:
        raise BuildError(
            "These packages cannot be imported inside crash:\n" + "\n".join(lines),
            "take them out of packages=FILE, or add the packages that they need.",
        )


def _reason(module: str, omitted: Mapping[str, str]) -> str:
    return f", which this build leaves out: {omitted[module]}" if module in omitted else ""
