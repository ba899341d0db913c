# SPDX-License-Identifier: GPL-3.0-or-later
"""sconsw with a fake package manager, a fake id and a fake Python: what it runs, prints and returns."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from mpykbuild.base.paths import PROJECT
from mpykbuild.plan import matrix_table
from mpykbuild.toolchain.hosts import HOSTS

# The programs of the system that sconsw needs besides the fake ones.
COMMANDS = (
    "sh", "cat", "cut", "dirname", "env", "getent", "mkdir", "readlink", "sed", "sha256sum", "tail", "tr", "touch",
)  # fmt: skip

# The fake Python: it makes environments with links to itself, and prints the words and variables that SCons gets.
PYTHON = r"""#!/bin/sh
case $* in
*"import ensurepip"*) [ ! -f "$WORLD/python_is_bad" ] ;;
*make_env.py*)
    echo "made with $4" >> "$WORLD/calls"
    [ ! -f "$WORLD/pip_fails" ] || exit 1
    mkdir -p "$3/bin" && ln -s "$WORLD/bin/python3" "$3/bin/python" && readlink -f "$3/bin/python" > "$3/complete" ;;
*"-m SCons"*)
    echo "PYTHONHOME=${PYTHONHOME-unset} PYTHONPATH=${PYTHONPATH-unset} MPYKDUMP_CACHE=$MPYKDUMP_CACHE"
    for word; do echo "[$word]"; done
    [ ! -f "$WORLD/scons_status" ] || exit "$(cat "$WORLD/scons_status")" ;;
esac
"""
APT_GET = r"""#!/bin/sh
echo "apt-get $*" >> "$WORLD/calls"
[ ! -f "$WORLD/apt_fails" ] || { echo "E: no such thing" >&2; exit 100; }
[ "$1" != install ] || for word; do echo "$word" >> "$WORLD/installed"; done
case $* in *python3-venv*) rm -f "$WORLD/python_is_bad" ;; esac
"""
DPKG_QUERY = r"""#!/bin/sh
sed 's/$/ installed/' "$WORLD/installed"
echo "bison config-files"
"""
RPM = r"""#!/bin/sh
for word; do
    case $word in -q | --whatprovides) continue ;; esac
    grep -qxF "$word" "$WORLD/installed" && echo "$word-1.0" || echo "no package provides $word"
done
"""
DNF = r"""#!/bin/sh
echo "dnf $*" >> "$WORLD/calls"
"""

ROWS = [
    line.split("\t")
    for line in (PROJECT / "requirements" / "system-packages.tsv").read_text().splitlines()
    if not line.startswith("#")
]


class World:
    """A machine: a project folder with a space in its name, a PATH with the fake programs, and a home."""

    def __init__(self, root: Path, manager: str = "apt") -> None:
        self.root = root
        self.project = root / "the project"
        (self.project / "requirements").mkdir(parents=True)
        script = (PROJECT / "sconsw").read_text()
        assert script.count("/usr/bin/python3") == 1
        (self.project / "sconsw").write_text(script.replace("/usr/bin/python3", f"{root}/none/python3"))
        (self.project / "sconsw").chmod(0o755)
        for path in (PROJECT / "requirements").iterdir():
            if path.is_file():
                shutil.copy(path, self.project / "requirements")
        (root / "bin").mkdir()
        for name in (*COMMANDS, "ln", "rm", "grep", "pwd"):
            found = shutil.which(name)
            if found:
                (root / "bin" / name).symlink_to(found)
        programs = {"python3": PYTHON, "id": "#!/bin/sh\ncat $WORLD/uid\n"}
        programs |= {"apt-get": APT_GET, "dpkg-query": DPKG_QUERY} if manager == "apt" else {"dnf": DNF, "rpm": RPM}
        for name, text in programs.items():
            (root / "bin" / name).write_text(text)
            (root / "bin" / name).chmod(0o755)
        self.column = 1 if manager == "apt" else 2
        self.user(0)
        self.install("build", "test", "python")

    def user(self, uid: int) -> None:
        (self.root / "uid").write_text(f"{uid}\n")

    def install(self, *groups: str, but: str = "") -> None:
        names = [row[self.column] for row in ROWS if row[0] in groups and row[self.column] != but]
        (self.root / "installed").write_text("".join(f"{name}\n" for name in names))

    def mark(self, name: str, text: str = "") -> None:
        (self.root / name).write_text(text)

    def calls(self) -> list[str]:
        path = self.root / "calls"
        return path.read_text().splitlines() if path.is_file() else []

    def run(self, *words: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
        surroundings = {"PATH": str(self.root / "bin"), "WORLD": str(self.root), "HOME": str(self.root / "home"), **env}
        return subprocess.run(
            [str(self.project / "sconsw"), *words], cwd=cwd or self.project, env=surroundings, capture_output=True,
            text=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def words_of(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The words that SCons got."""
    words = [line[1:-1] for line in done.stdout.splitlines() if line.startswith("[")]
    return words[words.index("SCons") + 1 :]


def test_with_all_packages_it_is_silent_and_passes_the_words_to_scons(world: World) -> None:
    world.run("-h")
    done = world.run("crash=../my crash", "V=1", "-j2")
    assert words_of(done) == ["crash=../my crash", "V=1", "-j2"]
    assert (done.stderr, done.returncode) == ("", 0)
    assert world.calls() == [f"made with {world.project}/requirements/build.txt"]


def test_exit_status_is_that_of_scons(world: World) -> None:
    world.mark("scons_status", "37")
    assert world.run().returncode == 37


def test_from_another_folder_scons_gets_the_project_folder(world: World, tmp_path: Path) -> None:
    done = world.run("crash=x", cwd=tmp_path)
    assert words_of(done) == ["-C", str(world.project), "crash=x"]


def test_through_a_link(world: World, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").symlink_to(world.project / "sconsw")
    done = subprocess.run(
        [tmp_path / "elsewhere"], cwd=tmp_path, capture_output=True, text=True,
        env={"PATH": str(tmp_path / "bin"), "WORLD": str(tmp_path), "HOME": str(tmp_path)},
    )  # fmt: skip
    assert words_of(done) == ["-C", str(world.project)]


def test_python_variables_of_the_caller_are_unset(world: World) -> None:
    done = world.run(PYTHONHOME="/x", PYTHONPATH="/y")
    assert "PYTHONHOME=unset PYTHONPATH=unset" in done.stdout


@pytest.mark.parametrize(
    ("env", "cache"),
    [
        ({}, "{root}/home/.cache/mpykdump"),
        ({"XDG_CACHE_HOME": "/xdg/nowhere"}, "/xdg/nowhere/mpykdump"),
        ({"MPYKDUMP_CACHE": "/my cache", "XDG_CACHE_HOME": "/xdg"}, "/my cache"),
        ({"MPYKDUMP_CACHE": "here"}, "{root}/here"),
        ({"MPYKDUMP_CACHE": "~/there"}, "{root}/home/there"),
    ],
)
def test_cache_folder(world: World, env: dict[str, str], cache: str) -> None:
    expected = cache.format(root=world.root)
    world.mark("scons_status", "0")
    # This mkdir records the folder of the environment and fails, so nothing else runs.
    (world.root / "bin" / "mkdir").unlink()
    (world.root / "bin" / "mkdir").write_text('#!/bin/sh\necho "$2" > "$WORLD/wanted_folder"; exit 1\n')
    (world.root / "bin" / "mkdir").chmod(0o755)
    world.run("-h", cwd=world.root, **env)
    assert (world.root / "wanted_folder").read_text().startswith(f"{expected}/env-build-")


@pytest.mark.parametrize(
    ("words", "requirements"),
    [
        ([], "build"), (["crash=../test", "python=1.2"], "build"), (["audit"], "build"), (["-h"], "build"),
        (["test"], "test"), (["-j2", "bench"], "test"), (["vmcore", "kernel=6.1"], "test"), (["build/vmcore"], "test"),
    ],
)  # fmt: skip
def test_only_the_requirements_of_the_target(world: World, words: list[str], requirements: str) -> None:
    world.run(*words)
    assert world.calls() == [f"made with {world.project}/requirements/{requirements}.txt"]


def test_environment_for_tests_is_used_for_builds_too(world: World) -> None:
    world.run("test")
    world.run()
    assert len(world.calls()) == 1


def test_changed_requirements_make_a_new_environment(world: World) -> None:
    world.run()
    with (world.project / "requirements" / "build.txt").open("a") as stream:
        stream.write("# changed\n")
    world.run()
    assert len(world.calls()) == 2


def test_environment_of_a_removed_python_is_made_again(world: World) -> None:
    world.run()
    (marker,) = world.root.glob("home/.cache/mpykdump/env-build-*/complete")
    marker.write_text("/usr/bin/python3.7\n")
    world.run()
    assert len(world.calls()) == 2


def test_missing_packages_are_installed_for_root(world: World) -> None:
    world.install("build", but="bison")
    done = world.run()
    assert world.calls()[:2] == ["apt-get update", "apt-get install -y --no-install-recommends bison"]
    assert "sconsw: installing system packages: bison\n" in done.stderr
    assert words_of(done) == []
    assert done.returncode == 0


def test_another_user_gets_the_command_to_run(world: World) -> None:
    world.user(1000)
    world.install("build", but="gcc")
    done = world.run()
    assert done.returncode == 1
    assert "  apt-get update && apt-get install -y --no-install-recommends gcc\n" in done.stderr
    assert done.stdout == ""
    assert world.calls() == []


def test_only_test_targets_need_test_packages(world: World) -> None:
    world.user(1000)
    world.install("build")
    assert world.run().returncode == 0
    done = world.run("test")
    assert done.returncode == 1
    assert "qemu-system-x86" in done.stderr


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["vmcore", "target=ARM64"], True), (["target=arm64", "test"], True), (["target=ARM64"], False),
        (["vmcore"], False), (["vmcore", "target=X86_64"], False), (["-h", "vmcore", "target=ARM64"], False),
    ],
)  # fmt: skip
def test_packages_for_an_arm64_guest(world: World, words: list[str], wanted: bool) -> None:
    world.install("build", "test")
    world.run(*words)
    assert any("qemu-system-arm" in call for call in world.calls()) is wanted


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["host=s390x"], {"g++-s390x-linux-gnu", "qemu-user"}),
        (["audit", "host=aarch64"], {"g++-aarch64-linux-gnu", "qemu-user"}),
        (["test", "host=aarch64"], {"g++-aarch64-linux-gnu", "qemu-user", "qemu-system-arm", "gcc-aarch64-linux-gnu"}),
        (["host="], set()), (["-h", "host=s390x"], set()),
    ],
)  # fmt: skip
def test_packages_for_another_host(world: World, words: list[str], wanted: set[str]) -> None:
    world.install("build", "python")
    world.run(*words)
    calls = " ".join(world.calls()).split()
    assert {row[1] for row in ROWS if row[0].startswith(("host", "arm64")) and row[1] in calls} - wanted <= {
        "libc6-dev-arm64-cross"
    }
    assert wanted <= set(calls)


def test_help_needs_no_system_packages(world: World) -> None:
    world.user(1000)
    world.install()
    assert words_of(world.run("-h")) == ["-h"]


def test_failed_installation_prints_the_end_of_its_log(world: World) -> None:
    world.install("build", but="gcc")
    world.mark("apt_fails")
    done = world.run()
    assert done.returncode == 1
    assert "E: no such thing" in done.stderr
    assert "The command was: apt-get update && apt-get install" in done.stderr


def test_python_is_installed_when_none_is_suitable(world: World) -> None:
    world.install("build")
    world.mark("python_is_bad")
    done = world.run()
    assert "apt-get install -y --no-install-recommends python3 python3-venv" in world.calls()
    assert done.returncode == 0


def test_error_when_no_python_is_suitable(world: World) -> None:
    world.mark("python_is_bad")
    done = world.run()
    assert (done.returncode, world.calls()) == (1, [])
    assert "there is no Python 3.10 or newer" in done.stderr


def test_failing_pip_ends_sconsw(world: World) -> None:
    world.mark("pip_fails")
    done = world.run()
    assert (done.returncode, done.stdout) == (1, "")


def test_dnf(tmp_path: Path) -> None:
    world = World(tmp_path, "dnf")
    world.install("build", but="gcc-c++")
    world.run()
    assert world.calls()[0] == "dnf install -y gcc-c++"
    world.user(1000)
    done = world.run()
    assert done.returncode == 1
    assert "  dnf install -y gcc-c++\n" in done.stderr


def test_no_known_package_manager(world: World) -> None:
    (world.root / "bin" / "apt-get").unlink()
    world.install()
    assert world.run().returncode == 0


@pytest.mark.parametrize(
    ("words", "groups"),
    [
        (["matrix"], ["host", "host-aarch64"]),
        (["test-matrix"], ["arm64", "host", "host-aarch64"]),
        (["test", "row=x-arm64"], ["arm64"]),
        (["row=x,y-aarch64", "matrix"], ["host", "host-aarch64"]),
        (["test-matrix", "row=x"], []),
        (["matrix", "row=x-arm64"], []),
    ],
)
def test_packages_for_rows_of_other_machines(world: World, words: list[str], groups: list[str]) -> None:
    world.run(*words)
    names = {row[1] for row in ROWS if row[0] in groups} - {row[1] for row in ROWS if row[0] == "test"}
    installed = [call for call in world.calls() if call.startswith("apt-get install")]
    assert {name for call in installed for name in call.split()[4:]} == names


def test_names_of_rows_end_with_their_machine() -> None:
    """sconsw reads only the name of a row to know its packages."""
    for row in matrix_table.load_rows():
        others = dict(row.extra_options)
        word = row.name.rpartition("-")[2]
        assert ("host" not in others) or others["host"] == word == "aarch64"
        assert ("target" not in others) or others["target"].lower() == word == "arm64"


def test_package_table() -> None:
    assert all(len(row) == 3 and all(row) for row in ROWS)
    assert {row[0] for row in ROWS} == {"build", "test", "arm64", "host", "python"} | {
        host.group for host in HOSTS.values()
    }
    assert len({tuple(row[:2]) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("checker", [["sh", "-n"], ["shellcheck"]], ids=lambda checker: checker[0])
def test_script_is_clean(checker: list[str]) -> None:
    if not shutil.which(checker[0]):
        pytest.skip(f"there is no {checker[0]}")
    subprocess.run([*checker, PROJECT / "sconsw"], check=True)
    assert len((PROJECT / "sconsw").read_text().splitlines()) < 130
