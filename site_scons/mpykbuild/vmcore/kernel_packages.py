# SPDX-License-Identifier: GPL-3.0-or-later
"""Find Debian's kernel with its debuginfo, and keep only the files of its packages that a test vmcore needs."""

from __future__ import annotations

import json
import re
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from mpykbuild.base import recipe
from mpykbuild.base.cache import Product, build_once, locked
from mpykbuild.base.errors import BuildError
from mpykbuild.fetch.apt_client import AptClient, BinaryPackage
from mpykbuild.fetch.debian_packages import members_of_package
from mpykbuild.fetch.debian_version import DebianVersion

DBG = "-dbg"
# Up to 7.1 linux-image-* contains the kernel and the modules. Later it only depends on linux-binary-* and
# linux-modules-*.
PARTS = ("image", "binary", "modules", "base")


@dataclass(frozen=True)
class KernelChoice:
    """The packages of one kernel, and the debug package of the same build."""

    series: str
    release: str  # what uname -r says, on Debian with the architecture at its end
    parts: tuple[BinaryPackage, ...]
    dbg: BinaryPackage

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"

    @staticmethod
    def from_json(text: str) -> KernelChoice:
        found = json.loads(text)
        parts = tuple(BinaryPackage(**part) for part in found["parts"])
        return KernelChoice(found["series"], found["release"], parts, BinaryPackage(**found["dbg"]))


def name_pattern(series: str, debian: str = "amd64") -> str:
    """Return a regular expression for the package names of a kernel series such as ``6.12``, ``7`` or ``7.x``.

    ``debian`` is Debian's name of the architecture. Raises BuildError if ``series`` is not a kernel series.
    """
    if not re.fullmatch(r"\d+(\.(\d+|x))*", series):
        raise BuildError(f"kernel={series} is not a kernel series.", "give one such as 6.1, 6.12 or 7.x as kernel=.")
    digits = re.escape(series).replace("x", r"\d+")
    return rf"linux-({'|'.join(PARTS)})-{digits}[.+-][0-9.+a-z-]*cloud-{debian}({DBG})?"


def choose_kernel(series: str, packages: Iterable[BinaryPackage]) -> KernelChoice:
    """Return the newest kernel of ``packages`` that has an image and its debug package.

    Raises BuildError if there is none.
    """
    kernels: dict[tuple[str, str], dict[str, BinaryPackage]] = {}
    for package in packages:
        _, part, release = package.name.removesuffix(DBG).split("-", 2)
        kind = DBG if package.name.endswith(DBG) else part
        kernels.setdefault((package.version, release), {}).setdefault(kind, package)
    whole = [key for key, found in kernels.items() if "image" in found and DBG in found]
    if not whole:
        raise BuildError(
            f"No Debian mirror of this machine has a cloud kernel of series {series} with its debug package.",
            "use another series, for example kernel=6.12, or check with apt-get update that the mirror answers.",
        )
    newest = max(whole, key=lambda key: (DebianVersion(key[0]), key[1]))
    found = kernels[newest]
    return KernelChoice(series, newest[1], tuple(found[part] for part in PARTS if part in found), found[DBG])


def _record(series: str, cache_root: Path, debian: str) -> Path:
    # Old caches have records for amd64 alone, under a name without the architecture.
    return cache_root / "kernel" / (f"{series}.json" if debian == "amd64" else f"{series}-{debian}.json")


def resolve_kernel(series: str, cache_root: Path, apt: AptClient, refresh: bool = False) -> KernelChoice:
    """Return the kernel for ``series``: the one that the cache has recorded, or else the newest one of the mirrors.

    With the record, builds use the same kernel and need no network, until ``refresh`` chooses the newest kernel again.
    """
    debian = apt.architecture
    record = _record(series, cache_root, debian)
    with locked(record.with_suffix(".lock")):
        if not refresh and record.is_file():
            with suppress(ValueError, KeyError, TypeError):  # a record in an older format is written again
                return KernelChoice.from_json(record.read_text())
        choice = choose_kernel(series, apt.binaries(name_pattern(series, debian)))
        record.write_text(choice.to_json())
    return choice


def kernel_product(choice: KernelChoice, cache_root: Path) -> Product:
    """Return the cached folder for ``{vmlinuz, vmlinux, config, modules/}`` of a kernel."""
    hashes = " ".join(package.sha256 for package in (*choice.parts, choice.dbg))
    return recipe.product(cache_root, "kernel", choice.release, (__name__,), {"packages": hashes})


def provide_kernel(choice: KernelChoice, cache_root: Path, apt: AptClient) -> Path:
    """Return the folder of the kernel. Fetch and unpack it if it is not built yet. The packages are not kept."""

    def fill(folder: Path) -> None:
        packages = folder / "packages"
        packages.mkdir()
        with removed_on_failure(folder):
            for part in choice.parts:
                unpack_image(apt.fetch_binary(part, packages), folder)
            _check_image(choice, folder)
            unpack_vmlinux(apt.fetch_binary(choice.dbg, packages), folder / "vmlinux")
            shutil.rmtree(packages)

    return build_once(kernel_product(choice, cache_root), fill, asdict(choice))


@contextmanager
def removed_on_failure(folder: Path) -> Iterator[None]:
    """Remove the folder if the block fails. A later build would remove it too, but these folders are large."""
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _check_image(choice: KernelChoice, folder: Path) -> None:
    if not (folder / "vmlinuz").is_file() or not (folder / "modules").is_dir():
        names = ", ".join(part.name for part in choice.parts)
        raise BuildError(f"The packages {names} contain no kernel with modules.", "give another series as kernel=.")


def _copy_member(tar: tarfile.TarFile, member: tarfile.TarInfo, out: Path) -> None:
    content = tar.extractfile(member)
    assert content is not None
    out.parent.mkdir(parents=True, exist_ok=True)
    with content, out.open("wb") as stream:
        shutil.copyfileobj(content, stream, 1 << 20)


def unpack_image(deb: Path, folder: Path) -> None:
    """Write vmlinuz, config and modules/*.ko* of a package into ``folder``. The modules get no subfolders."""
    with members_of_package(deb) as tar:
        for member in tar:
            path = member.name.removeprefix("./")
            name = path.rpartition("/")[2]
            if not member.isfile():
                continue
            if re.fullmatch(r"(boot/)?(vmlinuz|config)-.*|(usr/)?lib/modules/[^/]+/(vmlinuz|config)", path):
                _copy_member(tar, member, folder / name.split("-")[0])
            elif re.search(r"\.ko(\.\w+)?$", name):
                _copy_member(tar, member, folder / "modules" / name)


def unpack_vmlinux(deb: Path, out: Path) -> None:
    """Write vmlinux, the kernel with its debuginfo, from a debug package to ``out``.

    Raises BuildError if the package has no vmlinux.
    """
    with members_of_package(deb) as tar:
        for member in tar:
            if member.isfile() and re.search(r"/(vmlinux|boot/vmlinux-[^/]*)$", member.name):
                _copy_member(tar, member, out)
                return
    raise BuildError(f"The package {deb.name} contains no vmlinux.", "give another series as kernel=.")
