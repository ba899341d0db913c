# SPDX-License-Identifier: GPL-3.0-or-later
"""For each kind of product: an edit of any module that makes it changes the key of the product."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mpykbuild.artefact import libdeflate
from mpykbuild.base import recipe
from mpykbuild.base.cache import Product
from mpykbuild.base.module_deps import file_of
from mpykbuild.base.paths import SITE_SCONS
from mpykbuild.crash import build as crash_build
from mpykbuild.crash import cross as cross_crash
from mpykbuild.fetch.apt_client import BinaryPackage
from mpykbuild.python import adopt_prebuilt, embedded_pytest, find_prebuilt
from mpykbuild.python import cross as cross_python
from mpykbuild.python import native as native_python
from mpykbuild.toolchain.compilers import Compilers
from mpykbuild.toolchain.hosts import HOSTS
from mpykbuild.vmcore import header_packages, kernel_packages, make_vmcore, tool_packages
from support.fakepython import VERSION, make_manifests, make_patches

TOOLCHAIN = crash_build.Toolchain("gcc 12", ("zlib",))
CROSS = Compilers("cc", "c++", key="k", host=next(iter(HOSTS.values())))
DEB = BinaryPackage("linux-image-x-dbg", "1", "hash", 1, "suite", "http://mirror.invalid/x.deb")
KERNEL = kernel_packages.KernelChoice("6.12", "x", (), DEB)


@dataclass(frozen=True)
class Kind:
    """A kind of product. ``ask`` returns it for a cache folder. The code of the modules ``made_by`` is in its key."""

    ask: Callable[[Path], Product]
    made_by: tuple[str, ...]


def native(folder: Path) -> Product:
    where = {"manifests": make_manifests(folder / "m"), "patch_root": make_patches(folder / "p")}
    return native_python.python_product("k", VERSION, folder, **where)


def adopted(folder: Path) -> Product:
    paths = {"folder": folder, "lib": folder, "headers": folder, "pyconfig": folder / "x", "archive": folder / "x"}
    (folder / "x").touch()
    python = find_prebuilt.Prebuilt(version=VERSION, own=False, **paths)  # type: ignore[arg-type]
    return adopt_prebuilt.adopted_product(
        python, folder, manifests=make_manifests(folder / "m"), patch_root=make_patches(folder / "p")
    )


KINDS = {
    "cpython": Kind(native, ("python.native", "python.steps", "python.patches", "python.manifest",
                             "toolchain.archives", "fetch.unpack", "base.patching", "base.process")),
    "cross cpython": Kind(lambda folder: cross_python.cross_python_product(native(folder), folder, CROSS),
                          ("python.cross", "python.steps", "toolchain.hosts")),
    "prebuilt cpython": Kind(adopted, ("python.adopt_prebuilt", "python.find_prebuilt", "python.inittab",
                                       "python.old_linker", "python.inside.import_probe", "toolchain.archive_graph")),
    "crash": Kind(lambda folder: crash_build.crash_product("k", "1.2", folder, TOOLCHAIN),
                  ("crash.build", "crash.tree", "fetch.unpack", "base.patching", "base.process")),
    "cross crash": Kind(lambda folder: cross_crash.cross_crash_product("k", "1.2", folder, CROSS),
                        ("crash.cross", "crash.build", "toolchain.glibc_stubs", "toolchain.crash_libraries")),
    "libdeflate": Kind(lambda folder: libdeflate.libdeflate_product("k", "1.23", folder),
                       ("artefact.libdeflate", "fetch.unpack", "toolchain.archives")),
    "pytest": Kind(embedded_pytest.pytest_product, ("python.embedded_pytest",)),
    "kernel": Kind(lambda folder: kernel_packages.kernel_product(KERNEL, folder),
                   ("vmcore.kernel_packages", "fetch.debian_packages")),
    "kernel headers": Kind(lambda folder: header_packages.headers_product(KERNEL, folder),
                           ("vmcore.header_packages", "fetch.debian_packages")),
    "vmcore": Kind(lambda folder: make_vmcore.vmcore_product("6.12", folder),
                   ("vmcore.make_vmcore", "vmcore.qemu", "vmcore.rootfs", "vmcore.kdump", "vmcore.reblock",
                    "vmcore.test_module", "vmcore.architectures", "vmcore.tool_packages", "vmcore.scenarios",
                    "vmcore.page_filter", "vmcore.kdump_pages", "fetch.unpack")),
    "guest tools": Kind(lambda folder: tool_packages.tools_product(folder, "amd64"),
                        ("vmcore.tool_packages", "fetch.debian_packages")),
}  # fmt: skip
EDITS = [(kind, module) for kind, row in KINDS.items() for module in row.made_by]


@pytest.mark.parametrize(("kind", "module"), EDITS, ids=[f"{kind}-{module}" for kind, module in EDITS])
def test_an_edit_changes_the_key(kind: str, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "1").mkdir()
    before = KINDS[kind].ask(tmp_path / "1").key
    real_code_of, edited = recipe.code_of, file_of(module)
    monkeypatch.setattr(recipe, "code_of", lambda path: real_code_of(path) + ("\nedited = 1" if path == edited else ""))
    (tmp_path / "2").mkdir()
    assert KINDS[kind].ask(tmp_path / "2").key != before


def test_only_base_makes_products() -> None:
    rooms = [path for path in (SITE_SCONS / "mpykbuild").rglob("*.py") if path.parent.name != "base"]
    assert [path.name for path in rooms if "Product(" in path.read_text()] == []


def test_key_stays_without_an_edit(tmp_path: Path) -> None:
    for number, kind in enumerate(KINDS.values()):
        keys = set()
        for time in "12":
            folder = tmp_path / f"{number}-{time}"
            folder.mkdir()
            keys.add(kind.ask(folder).key)
        assert len(keys) == 1
