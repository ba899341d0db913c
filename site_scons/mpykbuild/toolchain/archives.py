# SPDX-License-Identifier: GPL-3.0-or-later
"""Merge static libraries into one deterministic archive, and prove that it tells nothing of the machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import output_of

AR_MAGIC = b"!<arch>\n"
HEADER_SIZE = 60


def members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each object in a GNU archive; ``ar x`` would overwrite members of equal name."""
    data = archive.read_bytes()
    if not data.startswith(AR_MAGIC):
        raise BuildError(f"{archive} is not a static library.", "look into the build's log for how it was made")
    long_names = b""
    position = len(AR_MAGIC)
    while position + HEADER_SIZE <= len(data):
        header = data[position : position + HEADER_SIZE]
        size = int(header[48:58])
        content = data[position + HEADER_SIZE : position + HEADER_SIZE + size]
        name = header[:16].rstrip()
        position += HEADER_SIZE + size + size % 2
        if name == b"//":
            long_names = content
        elif name.startswith(b"/") and name[1:].isdigit():
            yield long_names[int(name[1:]) :].partition(b"/\n")[0].decode(), content
        elif name not in (b"/", b"/SYM64/"):
            yield name.rstrip(b"/").decode(), content


def collect_objects(archives: Iterable[Path]) -> dict[str, bytes]:
    """Return all objects by a unique name. A second object of a name gets a number, an identical one is left out."""
    found: dict[str, bytes] = {}
    for archive in archives:
        for name, content in members(archive):
            unique, count = name, 1
            while unique in found and found[unique] != content:
                count += 1
                unique = f"{name.removesuffix('.o')}.{count}.o"
            found[unique] = content
    return found


def merge_archives(archives: Sequence[Path], out: Path, work: Path, env: Mapping[str, str]) -> None:
    """Make ``out`` of the objects of all archives, sorted by name, with fixed times, owners and modes."""
    work.mkdir(parents=True)
    objects = collect_objects(archives)
    for name, content in objects.items():
        (work / name).write_bytes(content)
    out.unlink(missing_ok=True)
    output_of(["ar", "rcsD", str(out.resolve()), *sorted(objects)], cwd=work, env=env)
    twice = duplicate_symbols(output_of(["nm", "-A", "-g", "--defined-only", str(out.resolve())], cwd=work, env=env))
    if twice:
        shown = "\n".join(f"  - {name}: {', '.join(where)}" for name, where in sorted(twice.items()))
        raise BuildError(
            f"Objects of the static library define the same symbols:\n{shown}",
            "disable one of the modules in question in Setup.local",
        )


def duplicate_symbols(nm_output: str) -> dict[str, list[str]]:
    """Return strong symbols that more than one member defines, from ``nm -A -g --defined-only``."""
    where: dict[str, list[str]] = {}
    for line in nm_output.splitlines():
        place, _, rest = line.rpartition(":")
        fields = rest.split()
        if len(fields) == 3 and fields[1] in "TDBRGSA":
            where.setdefault(fields[2], []).append(place.rpartition(":")[2])
    return {name: places for name, places in where.items() if len(places) > 1}


def machine_paths(*folders: Path) -> list[bytes]:
    """Return the byte strings that must not occur in a product: these folders, also with symbolic links resolved."""
    spellings = {str(form) for folder in folders for form in (folder.absolute(), folder.resolve())}
    # A short one like / or /root could be part of an innocent text.
    return sorted(f"{name}/".encode() for name in spellings if name.count("/") > 1)


def refuse_paths(product: Path, needles: Iterable[bytes]) -> None:
    """Raise BuildError when an archive or a program contains one of ``needles``, naming the objects."""
    wanted = list(needles)
    whole = {product.name: product.read_bytes()}
    if not any(needle in content for content in whole.values() for needle in wanted):
        return
    parts = dict(members(product)) if product.suffix == ".a" else whole
    guilty = [
        f"{name} contains {needle.decode()}"
        for name, content in sorted(parts.items())
        for needle in wanted
        if needle in content
    ]
    raise BuildError(
        f"{product.name} contains paths of this machine, so that another machine would build another one:\n  - "
        + "\n  - ".join(guilty),
        "see that the compiler knows -ffile-prefix-map, or patch the place that spells the path out",
    )
