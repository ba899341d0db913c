# SPDX-License-Identifier: GPL-3.0-or-later
"""CPython for another machine. A stand-in replaces its source: it builds in a moment, and for this machine."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from mpykbuild.base.cache import Product
from mpykbuild.base.errors import BuildError
from mpykbuild.base.run_log import RunLog
from mpykbuild.python import cross as cross_python
from mpykbuild.python import native as native_python
from mpykbuild.toolchain.hosts import HOSTS
from mpykbuild.toolchain.sysroot import Compilers
from support.fakepython import BUILTIN, OTHER_VERSION, VERSION, make_manifests, make_patches, make_source, write

pytestmark = pytest.mark.skipif(
    any(shutil.which(name) is None for name in ("gcc", "make", "ar", "patch")), reason="needs gcc, make and patch"
)
HOST = HOSTS["aarch64"]
COMPILERS = Compilers("gcc", "g++", key="k", host=HOST, tools="/nonexistent")
# In the stand-in's interpreter: $MACHINE is a word of the script, not a variable.
INTERPRETER = """#!/bin/sh
case "$*" in *MAGIC_NUMBER*) echo "{version} {magic} {builtin}"; exit;; esac
case "$*" in *builtin_module_names*) echo "{version} {builtin}"; exit;; esac
"""


def interpreter(magic: str = "f30d0d0a", builtin: tuple[str, ...] = BUILTIN) -> str:
    return INTERPRETER.format(version=VERSION, magic=magic, builtin=" ".join(builtin))


@dataclass
class Bench:
    """A folder with manifests and patches, this machine's product, and a source for the other machine."""

    root: Path
    source: Path
    own: Path
    version: str = VERSION

    @property
    def wanted(self) -> Product:
        return cross_python.cross_python_product(
            Product(self.root / "cache", "cpython", self.version, "k"), self.root / "cache", COMPILERS
        )

    def build(self) -> Path:
        log = RunLog("CPython", self.root / "log")
        return cross_python.build_cross_python(
            self.wanted, lambda: self.own, self.source, log, 1, COMPILERS,
            manifests=self.root / "manifests", patch_root=self.root / "patches",
        )  # fmt: skip

    def emulate(self, monkeypatch: pytest.MonkeyPatch, there: bool = True) -> None:
        """Replace qemu-user with a script that runs the program if the root is right, or pretend that it is missing."""
        emulator = self.root / "qemu"
        emulator.write_text(f'#!/bin/sh\n[ "$1 $2" = "-L /usr/{HOST.triplet}" ] || exit 9\nshift 2\nexec "$@"\n')
        emulator.chmod(0o755)
        which = shutil.which
        monkeypatch.setattr(
            cross_python.shutil, "which",
            lambda name, **more: (str(emulator) if there else None) if name == HOST.emulator else which(name, **more),
        )  # fmt: skip


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    make_manifests(tmp_path / "manifests")
    make_patches(tmp_path / "patches")
    source = make_source(tmp_path / "src")
    own = native_python.build_python(
        native_python.python_product("k", VERSION, tmp_path / "cache", manifests=tmp_path / "manifests",
                        patch_root=tmp_path / "patches"),
        source, RunLog("CPython", tmp_path / "log"), 1, manifests=tmp_path / "manifests",
        patch_root=tmp_path / "patches",
    )  # fmt: skip
    (own / "bin" / "python").write_text(interpreter().replace("#!/bin/sh", "#!/bin/sh\n# this machine's"))
    with (source / "configure").open("a") as configure:
        configure.write('cp "$src/config.c" Modules/config.c\n')
    rows = "".join(f'    {{"{name}", PyInit_{name}}},\n' for name in BUILTIN)
    files = {"config.c": f"struct _inittab _PyImport_Inittab[] = {{\n{rows}    {{0, 0}}\n}};\n"}
    files |= {"Include/patchlevel.h": f'#define PY_VERSION              "{VERSION}"\n', "interpreter": interpreter()}
    write(source, files)
    return Bench(tmp_path, source, own)


def test_product(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.emulate(monkeypatch)
    folder = bench.build()
    assert folder.name.startswith(f"{VERSION}-aarch64-")
    assert (folder / "builtin.txt").read_text().split() == sorted(BUILTIN)
    assert (folder / "version.txt").read_text() == f"{VERSION}\n"
    assert "this machine's" in (folder / "bin/python").read_text()
    assert (folder / "bin/python-aarch64").read_text() == interpreter()
    assert (folder / "lib/libpython.a").is_file()
    assert not (folder / "build").exists()


def test_arguments_of_configure_name_both_machines(tmp_path: Path) -> None:
    words = cross_python.configure_arguments(tmp_path / "src", tmp_path / "own", COMPILERS)
    assert {"--host=aarch64-linux-gnu", f"--with-build-python={tmp_path / 'own/bin/python'}", "CC=gcc"} <= set(words)
    assert any(word.startswith("--build=") for word in words)
    assert "ac_cv_file__dev_ptmx=no" in words
    assert not any(word.startswith("PYTHON_FOR_REGEN=") for word in words)


@pytest.mark.parametrize("other", [{"magic": "00000d0a"}, {"builtin": BUILTIN[1:]}], ids=["code", "modules"])
def test_interpreters_that_differ(bench: Bench, monkeypatch: pytest.MonkeyPatch, other: dict[str, object]) -> None:
    bench.emulate(monkeypatch)
    (bench.source / "interpreter").write_text(interpreter(**other))  # type: ignore[arg-type]
    with pytest.raises(BuildError, match="The Python that was built for aarch64 differs from this machine's"):
        bench.build()
    assert not bench.wanted.is_built()


def test_without_an_emulator_the_table_of_modules_is_checked(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.emulate(monkeypatch, there=False)
    text = (bench.source / "config.c").read_text()
    (bench.source / "config.c").write_text(text.replace('"array"', '"surplus"'))
    with pytest.raises(BuildError, match=r"(?s)array.*surplus|surplus.*array"):
        bench.build()
    (bench.source / "config.c").write_text(text)
    assert bench.build() == bench.wanted.path


def test_another_release_than_was_wanted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.emulate(monkeypatch, there=False)
    (bench.source / "Include/patchlevel.h").write_text(f'#define PY_VERSION "{OTHER_VERSION}"\n')
    with pytest.raises(BuildError, match=f"Python {VERSION} was wanted, but the source built is {OTHER_VERSION}"):
        bench.build()


def test_pre_release(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.emulate(monkeypatch, there=False)
    (bench.source / "Include/patchlevel.h").write_text(f'#define PY_VERSION "{VERSION}rc1+"\n')
    with pytest.raises(BuildError, match=f"Python {VERSION} was wanted, but the source built is {VERSION}rc1"):
        bench.build()
    bench.version = f"{VERSION}rc1+"
    assert (bench.build() / "version.txt").read_text() == f"{VERSION}rc1+\n"


def test_releases_without_a_build_python() -> None:
    cross_python.check_python_for_host("3.11.0", HOST)
    with pytest.raises(BuildError, match=r"Python 3\.10\.9 cannot be built for host=aarch64"):
        cross_python.check_python_for_host("3.10.9", HOST)


def test_both_inputs_change_the_key(bench: Bench) -> None:
    own = Product(bench.root, "cpython", VERSION, "k")
    keys = {
        cross_python.cross_python_product(native, bench.root, compilers).key
        for native in (own, replace(own, key="other"))
        for compilers in (COMPILERS, replace(COMPILERS, key="other"))
    }
    assert len(keys) == 4
