# SPDX-License-Identifier: GPL-3.0-or-later
"""Merge static libraries into one reproducible archive, and check that no path of this machine is in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import output_of

AR_MAGIC = b"!<arch>\n"
HEADER_SIZE = 60


def members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of each object in a GNU archive.

    ``ar x`` is no alternative: it overwrites one member with another member of the same name.
    """
    data = archive.read_bytes()
    if not data.startswith(AR_MAGIC):
        raise BuildError(f"{archive} is not a static library.", "read in the build's log how it was made.")
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
    """Return all objects, each under a unique name.

    If two objects have the same name, the second one gets a number. It is left out if its content is the same too.
    """
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
    """Make the archive ``out`` from the objects of all archives: sorted by name, with fixed times, owners and modes.

    Raises BuildError if two objects define the same symbol.
    """
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
            f"Several objects of the static library define the same symbol:\n{shown}",
            "disable one of these modules in Setup.local.",
        )


def duplicate_symbols(nm_output: str) -> dict[str, list[str]]:
    """Return the strong symbols that more than one member defines, each with its members.

    ``nm_output`` is the output of ``nm -A -g --defined-only``.
    """
    where: dict[str, list[str]] = {}
    for line in nm_output.splitlines():
        place, _, rest = line.rpartition(":")
        fields = rest.split()
        if len(fields) == 3 and fields[1] in "TDBRGSA":
            where.setdefault(fields[2], []).append(place.rpartition(":")[2])
    return {name: places for name, places in where.items() if len(places) > 1}


def machine_paths(*folders: Path) -> list[bytes]:
    """Return the strings that must not be in a product: the paths of these folders, also with links resolved."""
    spellings = {str(form) for folder in folders for form in (folder.absolute(), folder.resolve())}
    # A short path such as / or /root may be part of a harmless string.
    return sorted(f"{name}/".encode() for name in spellings if name.count("/") > 1)


def refuse_paths(product: Path, forbidden: Iterable[bytes]) -> None:
    """Raise BuildError if an archive or a program contains a ``forbidden`` path. The error names the objects."""
    paths = list(forbidden)
    whole = {product.name: product.read_bytes()}
    if not any(path in content for content in whole.values() for path in paths):
        return
    parts = dict(members(product)) if product.suffix == ".a" else whole
    found = [
        f"{name} contains {path.decode()}"
        for name, content in sorted(parts.items())
        for path in paths
        if path in content
    ]
    raise BuildError(
        f"{product.name} contains paths of this machine, so another machine would build a different file:\n  - "
        + "\n  - ".join(found),
        "check that the compiler supports -ffile-prefix-map, or patch the source that contains the path.",
    )
