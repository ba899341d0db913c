# SPDX-License-Identifier: GPL-3.0-or-later
"""Find a distribution's kernel with its debuginfo, and keep only what a test vmcore needs of the two packages."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from mpykbuild.aptclient import AptClient, BinaryPackage
from mpykbuild.cache import Product, build_once, digest_of, locked
from mpykbuild.debversion import DebianVersion
from mpykbuild.errors import BuildError

ARCHITECTURE = "amd64"
DBG = "-dbg"


@dataclass(frozen=True)
class KernelChoice:
    """A kernel image package and the debug package of the very same build."""

    series: str
    image: BinaryPackage
    dbg: BinaryPackage

    @property
    def release(self) -> str:
        """What ``uname -r`` says under this kernel."""
        return self.image.name.removeprefix("linux-image-")


def name_pattern(series: str) -> str:
    """Return the regular expression of image and debug packages of a series such as ``6.12``, ``7`` or ``7.x``."""
    if not re.fullmatch(r"\d+(\.(\d+|x))*", series):
        raise BuildError(f"kernel={series} is not a kernel series.", "give one such as 6.1, 6.12 or 7.x as kernel=.")
    digits = re.escape(series).replace("x", r"\d+")
    return rf"linux-image-{digits}[.+-][0-9.+a-z-]*cloud-{ARCHITECTURE}({DBG})?"


def choose(series: str, packages: Iterable[BinaryPackage]) -> KernelChoice:
    """Return the newest kernel of ``packages`` that has both an image and its debug package.

    Raises BuildError when there is none.
    """
    images: dict[tuple[str, str], BinaryPackage] = {}
    debugs: dict[tuple[str, str], BinaryPackage] = {}
    for package in packages:
        known = debugs if package.name.endswith(DBG) else images
        known.setdefault((package.name.removesuffix(DBG), package.version), package)
    both = sorted(images.keys() & debugs.keys(), key=lambda key: (DebianVersion(key[1]), key[0]))
    if not both:
        raise BuildError(
            f"No Debian mirror of this machine has a cloud kernel of series {series} with its debug package.",
            "give another series, for example kernel=6.12, or run apt-get update and look whether the mirror answers.",
        )
    return KernelChoice(series, images[both[-1]], debugs[both[-1]])


def resolve(series: str, cache_root: Path, apt: AptClient, refresh: bool = False) -> KernelChoice:
    """Return the kernel to take for ``series``: the one recorded in the cache, else the mirrors' newest.

    The record keeps a machine with one kernel (and without network) until ``refresh`` asks for the newest again.
    """
    record = cache_root / "kernel" / f"{series}.json"
    with locked(record.with_suffix(".lock")):
        if not refresh and record.is_file():
            found = json.loads(record.read_text())
            return KernelChoice(series, BinaryPackage(**found["image"]), BinaryPackage(**found["dbg"]))
        choice = choose(series, apt.binaries(name_pattern(series)))
        record.write_text(json.dumps(asdict(choice), indent=2, sort_keys=True) + "\n")
    return choice


def kernel_product(choice: KernelChoice, cache_root: Path) -> Product:
    """Return the cached folder for ``{vmlinuz, vmlinux, config, modules/}`` of a kernel."""
    inputs: dict[str, str | bytes] = {
        "image": choice.image.sha256,
        "dbg": choice.dbg.sha256,
        "unpack": Path(__file__).read_bytes(),
    }
    return Product(cache_root, "kernel", choice.release, digest_of(inputs))


def provide_kernel(choice: KernelChoice, cache_root: Path, apt: AptClient) -> Path:
    """Return the folder of the kernel; fetch and unpack it if it is not there. The packages are not kept."""

    def fill(folder: Path) -> None:
        packages = folder / "packages"
        packages.mkdir()
        unpack_image(apt.fetch_binary(choice.image, packages), folder)
        unpack_vmlinux(apt.fetch_binary(choice.dbg, packages), folder / "vmlinux")
        shutil.rmtree(packages)

    return build_once(kernel_product(choice, cache_root), fill, asdict(choice))


class _DebContent:
    """The members of a .deb, streamed: dpkg-deb unpacks, nothing is written before it is wanted."""

    def __init__(self, deb: Path) -> None:
        self.deb = deb
        try:
            self.process = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=subprocess.PIPE)
        except OSError as error:
            raise BuildError(f"dpkg-deb cannot be run: {error.strerror}.", "install dpkg.") from error

    def __enter__(self) -> tarfile.TarFile:
        assert self.process.stdout is not None
        try:
            self.tar = tarfile.open(fileobj=self.process.stdout, mode="r|")
        except tarfile.TarError as error:
            self._stop()
            raise BuildError(f"{self.deb} cannot be unpacked: {error}.") from error
        return self.tar

    def __exit__(self, *_: object) -> None:
        self.tar.close()
        self._stop()

    def _stop(self) -> None:
        """End dpkg-deb, which still has more to say when we found what we wanted."""
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.kill()
        self.process.wait()


def _copy_member(tar: tarfile.TarFile, member: tarfile.TarInfo, out: Path) -> None:
    content = tar.extractfile(member)
    assert content is not None
    out.parent.mkdir(parents=True, exist_ok=True)
    with content, out.open("wb") as stream:
        shutil.copyfileobj(content, stream, 1 << 20)


def unpack_image(deb: Path, folder: Path) -> None:
    """Write vmlinuz, config and modules/*.ko* (flat) from an image package into ``folder``."""
    with _DebContent(deb) as tar:
        for member in tar:
            name = Path(member.name).name
            if not member.isfile():
                continue
            if "/boot/" in f"/{member.name}" and name.startswith(("vmlinuz-", "config-")):
                _copy_member(tar, member, folder / name.split("-")[0])
            elif ".ko" in name:
                _copy_member(tar, member, folder / "modules" / name)
    if not (folder / "vmlinuz").is_file() or not (folder / "modules").is_dir():
        raise BuildError(f"The package {deb.name} holds no kernel with modules.", "give another series as kernel=.")


def unpack_vmlinux(deb: Path, out: Path) -> None:
    """Write the kernel with its debuginfo from a debug package; stop reading the package then."""
    with _DebContent(deb) as tar:
        for member in tar:
            if member.isfile() and Path(member.name).name.startswith("vmlinux-"):
                _copy_member(tar, member, out)
                return
    raise BuildError(f"The package {deb.name} holds no vmlinux.", "give another series as kernel=.")
