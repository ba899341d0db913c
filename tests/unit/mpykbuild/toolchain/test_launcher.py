# SPDX-License-Identifier: GPL-3.0-or-later
"""launcher=: it starts the compilers, it gets the user's settings, and it does not change the products."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import PROJECT
from mpykbuild.base.run_log import RunLog
from mpykbuild.plan import options
from mpykbuild.plan import project as project_plan
from mpykbuild.plan.project import Project
from mpykbuild.plan.records import Plan
from mpykbuild.python import native as native_python
from mpykbuild.toolchain import launcher
from support.fakeprebuilt import make_prebuilt
from support.fakepython import VERSION, make_manifests, make_patches, make_source
from support.pins import PYTHON

# It writes its settings and arguments to a log, and then runs the compiler, as a launcher does.
FAKE = '#!/bin/sh\necho "$HOME $CCACHE_DIR $UNRELATED $*" >> {log}\nexec "$@"\n'
# Units of ext/ that need neither Python nor crash.
UNITS = (
    "base/elf_file.c", "base/hash_index.c", "btf/block.c", "btf/block_set.c", "btf/records.c", "glibc_compat.c",
)  # fmt: skip
needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")


@pytest.fixture
def world(tmp_path: Path) -> dict[str, str]:
    """The user's environment, with a ccache that writes the file ``calls``."""
    program = tmp_path / "bin" / "ccache"
    program.parent.mkdir()
    program.write_text(FAKE.format(log=tmp_path / "calls"))
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    return {"PATH": path, "HOME": "/home/it's me", "CCACHE_DIR": "/cc", "UNRELATED": "secret"}


def compile_and_link(folder: Path, path: str | None) -> bytes:
    (folder / "x.c").write_text("int main(void) { return 0; }\n")
    env = {"PATH": path or os.environ["PATH"], "HOME": "/nonexistent"}
    for words in (["-g0", "-c", "x.c", "-o", "x.o"], ["x.o", "-o", "x"], ["-v"]):
        subprocess.run(["gcc", *words], cwd=folder, env=env, check=True, capture_output=True)
    return (folder / "x.o").read_bytes()


@needs_gcc
def test_only_compilations_use_the_launcher_with_the_users_settings(tmp_path: Path, world: dict[str, str]) -> None:
    with launcher.search_path("ccache", world) as path:
        with_launcher = compile_and_link(tmp_path, path)
    assert (tmp_path / "calls").read_text() == "/home/it's me /cc  gcc -g0 -c x.c -o x.o\n"
    assert with_launcher == compile_and_link(tmp_path, None)
    assert path is not None and not Path(path.split(":")[0]).exists(), "settings may be secrets"


def test_without_a_launcher_the_path_stays(world: dict[str, str]) -> None:
    with launcher.search_path("", world) as path:
        assert path is None


def test_launcher_that_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="no program sccache in PATH"):
        launcher.find_launcher("sccache")
    with pytest.raises(BuildError, match="launcher=gcc is not one of"):
        options.checked_values({"launcher": "gcc"})


@needs_gcc
def test_products_and_their_keys_do_not_depend_on_the_launcher(
    tmp_path: Path, world: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(**given: str) -> Project:
        return project_plan.read_project(options.checked_values({"cache": str(tmp_path), **given}), tmp_path, ())

    plain = read()
    monkeypatch.setenv("PATH", world["PATH"])
    launched = read(launcher="ccache")
    assert launched.default.python.plan.product == plain.default.python.plan.product
    assert launched.default.crash.tree == plain.default.crash.tree
    folders = {project_plan.objects_folder(project.cache, project.compilers) for project in (launched, plain)}
    assert len(folders) == 1


def plans_of(project: Project) -> dict[str, Plan | None]:
    """Return the plans of the products that are compiled outside of SCons, by the function that builds each."""
    python, crash = project.default.python.plan, project.default.crash.plan
    return {
        "native_python.build_python": python,
        "adopt_prebuilt.adopt_python": python,
        "crash_build.build_crash": crash,
        "libdeflate.build_libdeflate": project.libdeflate,
    }


@pytest.mark.parametrize(
    "build",
    ["native_python.build_python", "crash_build.build_crash", "libdeflate.build_libdeflate",
     "adopt_prebuilt.adopt_python"],
)  # fmt: skip
def test_builds_of_products_get_the_path_of_the_launcher(
    tmp_path: Path, world: dict[str, str], monkeypatch: pytest.MonkeyPatch, build: str
) -> None:
    paths: list[str | None] = []

    def record(*_: object, path: str | None = None, **__: object) -> Path:
        paths.append(path)
        return tmp_path

    for name, value in world.items():
        monkeypatch.setenv(name, value)
    module, function = build.split(".")
    monkeypatch.setattr(getattr(project_plan, module), function, record)
    python = f"prebuilt:{make_prebuilt(tmp_path / 'python')}" if module == "adopt_prebuilt" else PYTHON
    for given in ({}, {"launcher": "ccache"}):
        values = {"cache": str(tmp_path), "python": python, **given}
        plan = plans_of(project_plan.read_project(options.checked_values(values), tmp_path, ()))[build]
        assert plan is not None
        plan.make()
    assert paths[0] is None
    assert paths[1] is not None and "mpykdump-launcher-" in paths[1]


def test_programs_that_scons_starts_get_the_settings(world: dict[str, str]) -> None:
    passed = project_plan.passed_environment(world)
    assert passed["CCACHE_DIR"] == "/cc"
    assert "UNRELATED" not in passed


Builder = Callable[[str, str, dict[str, str]], Path]


@pytest.fixture
def build_python(tmp_path: Path) -> Builder:
    """Build a miniature CPython through a launcher, in its own cache."""

    def build(cache: str, name: str, environ: dict[str, str]) -> Path:
        manifests, patches = make_manifests(tmp_path / cache / "m"), make_patches(tmp_path / cache / "p")
        source = make_source(tmp_path / cache / "src")
        where = {"manifests": manifests, "patch_root": patches}
        wanted = native_python.python_product("k", VERSION, tmp_path / cache / "cache", **where)
        with launcher.search_path(name, {**os.environ, **environ}) as path:
            return native_python.build_python(wanted, source, RunLog("CPython", wanted.log), 1, path=path, **where)

    return build


@needs_gcc
@pytest.mark.skipif(shutil.which("ccache") is None, reason="needs ccache")
def test_ccache_compiles_once_for_two_builds(tmp_path: Path, build_python: Builder) -> None:
    env = {"CCACHE_DIR": str(tmp_path / "cc"), "CCACHE_CONFIGPATH": str(tmp_path / "none")}
    libraries = [
        (build_python(cache, name, env) / "lib" / "libpython.a").read_bytes()
        for cache, name in (("1", ""), ("2", "ccache"), ("3", "ccache"))
    ]
    assert len(set(libraries)) == 1
    shown = subprocess.run(["ccache", "--print-stats"], env={**os.environ, **env}, capture_output=True, text=True)
    stats = dict(line.split("\t") for line in shown.stdout.splitlines())
    assert int(stats["cache_miss"]) >= 1
    assert int(stats["direct_cache_hit"]) + int(stats["preprocessed_cache_hit"]) >= 1


@pytest.fixture
def own_sccache(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The settings for an sccache with its own server and store. The first compilation starts the server."""
    settings = {
        "SCCACHE_DIR": str(tmp_path / "sc"), "SCCACHE_CONF": str(tmp_path / "none"), "SCCACHE_IDLE_TIMEOUT": "60",
        "SCCACHE_SERVER_PORT": str(free_port()),
    }  # fmt: skip
    yield settings
    subprocess.run(["sccache", "--stop-server"], env={**os.environ, **settings}, capture_output=True, check=False)


@needs_gcc
@pytest.mark.skipif(shutil.which("sccache") is None, reason="needs sccache")
def test_sccache_compiles_once_for_two_builds(build_python: Builder, own_sccache: dict[str, str]) -> None:
    libraries = [
        (build_python(cache, name, own_sccache) / "lib" / "libpython.a").read_bytes()
        for cache, name in (("1", ""), ("2", "sccache"), ("3", "sccache"))
    ]
    assert len(set(libraries)) == 1
    shown = subprocess.run(
        ["sccache", "--show-stats", "--stats-format=json"], env={**os.environ, **own_sccache}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    stats = json.loads(shown.stdout)["stats"]
    assert stats["cache_writes"] >= 1
    assert sum(stats["cache_hits"]["counts"].values()) >= 1


def wait_for(port: int) -> None:
    """Wait until a server listens on the port."""
    for _ in range(100):
        with socket.socket() as caller:
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nobody listens on port {port}")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def two_distccd(tmp_path: Path) -> Iterator[list[str]]:
    """Start two compile servers on loopback, not as root. Return their names for DISTCC_HOSTS."""
    hosts = []
    ordinary: dict[str, Any] = {} if os.getuid() else {"user": "nobody", "group": "nogroup", "extra_groups": []}
    with ExitStack() as servers:
        for number in range(2):
            port, log = free_port(), tmp_path / f"distccd{number}.log"
            command = [
                "distccd", "--no-detach", "--daemon", "--listen", "127.0.0.1", "--allow", "127.0.0.1", "--port",
                str(port), "--jobs", "1", "--log-level", "info", "--log-stderr",
            ]  # fmt: skip
            server = servers.enter_context(subprocess.Popen(command, stderr=log.open("w"), cwd="/", **ordinary))
            servers.callback(server.terminate)
            wait_for(port)
            hosts.append(f"127.0.0.1:{port}/1")
        yield hosts


def servers_in(log: Path) -> list[str]:
    """Return the server of each compilation in the log of the distcc programs.

    The server's own log is no help: a server answers before it writes there, so the last lines may come too late.
    """
    return re.findall(r" compile \S+ on (\S+) completed ok$", log.read_text(), re.M)


@needs_gcc
@pytest.mark.skipif(shutil.which("distccd") is None, reason="needs distcc")
def test_distcc_compiles_on_both_servers(tmp_path: Path, two_distccd: list[str], build_python: Builder) -> None:
    log = tmp_path / "distcc.log"
    settings = {"DISTCC_FALLBACK": "0", "DISTCC_DIR": str(tmp_path / "distcc"), "DISTCC_LOG": str(log)}
    (tmp_path / "distcc").mkdir()
    near = compile_units(tmp_path / "near", "", settings)
    # The first free server of the list compiles, so with both orders each server has something to do.
    for number, hosts in enumerate((two_distccd, two_distccd[::-1])):
        settings["DISTCC_HOSTS"] = " ".join(hosts)
        assert compile_units(tmp_path / f"far{number}", "distcc", settings) == near
    done = servers_in(log)
    assert (len(done), set(done)) == (2 * len(UNITS), set(two_distccd))
    libraries = [build_python(f"cache{name}", name, settings) / "lib" / "libpython.a" for name in ("", "distcc")]
    assert libraries[0].read_bytes() == libraries[1].read_bytes()
    assert len(servers_in(log)) > len(done)


def object_name(unit: str) -> str:
    return unit.replace("/", "_") + ".o"


def compile_units(folder: Path, name: str, settings: Mapping[str, str]) -> list[bytes]:
    """Compile the units of ext/ in parallel and return the objects. The flags are in a file, as in our build."""
    folder.mkdir(exist_ok=True)
    (folder / "flags.rsp").write_text(f"-I{PROJECT / 'ext'}\n-DANY=1\n")
    flags = ["-std=gnu11", "-O2", "-fPIC", f"-ffile-prefix-map={PROJECT}=.", "@flags.rsp"]
    with launcher.search_path(name, {**os.environ, **settings}) as path:
        env = {"PATH": path or os.environ["PATH"]}
        started = [
            subprocess.Popen(
                ["gcc", *flags, "-c", str(PROJECT / "ext" / unit), "-o", object_name(unit)], cwd=folder, env=env
            )
            for unit in UNITS
        ]
        assert [process.wait(120) for process in started] == [0] * len(UNITS)
    return [(folder / object_name(unit)).read_bytes() for unit in UNITS]
