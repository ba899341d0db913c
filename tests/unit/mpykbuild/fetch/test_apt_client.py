# SPDX-License-Identifier: GPL-3.0-or-later
"""The apt client, with fakes of apt's programs that read a folder instead of a mirror."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.fetch import apt_client
from mpykbuild.fetch.apt_client import AptClient, Mirror
from mpykbuild.fetch.download import PinnedFile, Unavailable, WrongHash

CONTENT = b"a package"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
KEYRING = "/usr/share/keyrings/archive.gpg"

# Each fake program writes its arguments to $WORLD/calls. $WORLD/suites/SUITE is the package list of a suite, and
# $WORLD/files/NAME is a file that can be downloaded.
APT_GET = r"""#!/bin/sh
echo "apt-get $*" >> "$WORLD/calls"
for word; do last=$word; done
case "$*" in
*--no-release-info*) cat "$WORLD/configured" ;;
update*)
    list=${last#Dir::Etc::sourcelist=}
    suite=$(sed 's/.* \([^ ]*\) main$/\1/' "$list")
    [ -f "$WORLD/suites/$suite" ] && exit 0
    echo "E: Failed to fetch http://m/$suite  404  Not Found [IP: 192.0.2.1 80]" >&2
    echo "E: Some index files failed to download." >&2
    exit 100 ;;
indextargets*)
    list=${last#Dir::Etc::sourcelist=}
    suite=$(sed 's/.* \([^ ]*\) main$/\1/' "$list")
    [ ! -f "$WORLD/suites/$suite" ] || echo "$WORLD/suites/$suite" ;;
esac
"""
APT_HELPER = r"""#!/bin/sh
echo "helper $*" >> "$WORLD/calls"
case $1 in
cat-file) cat "$2" ;;
download-file)
    if [ -f "$WORLD/files/${2##*/}" ]; then cp "$WORLD/files/${2##*/}" "$3"
    else echo "E: Failed to fetch $2  404  Not Found [IP: 192.0.2.1 80]" >&2; exit 100; fi ;;
esac
"""
APT_CONFIG = r"""#!/bin/sh
cat << 'END'
Acquire::http::Proxy "http://proxy:3128";
Acquire::IndexTargets::deb::Contents "";
APT::Update::Post-Invoke:: "touch /somewhere";
END
"""


class World:
    """The folder with the fake programs, the package lists and the files."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("bin", "suites", "files"):
            (root / folder).mkdir()
        self.program("apt-get", APT_GET)
        self.program("apt-config", APT_CONFIG)
        self.program("dpkg", "#!/bin/sh\necho amd64\n")
        self.helper = self.program("apt-helper", APT_HELPER)
        self.configured("http://m/debian/|bookworm|none:1")
        self.echoed: list[str] = []

    def program(self, name: str, text: str) -> Path:
        path = self.root / "bin" / name
        path.write_text(text)
        path.chmod(0o755)
        return path

    def configured(self, *lines: str) -> None:
        (self.root / "configured").write_text("".join(f"{line}\n" for line in lines))

    def suite(self, name: str, *packages: tuple[str, str]) -> None:
        stanzas = [
            f"Package: {package}\nSource: x\nVersion: {version}\nDepends: a,\n b\n"
            f"Filename: pool/main/x/{package}_{version}.deb\nSize: {len(CONTENT)}\nSHA256: {SHA256}\n"
            for package, version in packages
        ]
        (self.root / "suites" / name).write_text("\n".join(stanzas))

    def calls(self, start: str) -> list[str]:
        path = self.root / "calls"
        return [line for line in path.read_text().splitlines() if line.startswith(start)] if path.is_file() else []

    def client(self, architecture: str = "") -> AptClient:
        return AptClient(self.root / "a cache" / "apt", self.echoed.append, self.helper, architecture)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("WORLD", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return World(tmp_path)


def test_mirrors_are_the_machines_debian_archives(world: World) -> None:
    sources = world.root / "debian.sources"
    sources.write_text(f"Types: deb\nURIs: http://other/\n\nTypes: deb\nSigned-By: {KEYRING}\nURIs: http://m/debian\n")
    plain = world.root / "old.list"
    plain.write_text("# old style\ndeb [arch=amd64 signed-by=/k.gpg] http://n/ sid main\n")
    world.configured(
        f"http://m/debian/|bookworm|{sources}:2", f"http://m/debian/|bookworm-updates|{sources}:2",
        "http://m/debian-security/|bookworm-security|none:1", "http://vendor/|nodistro|none:1",
        f"http://n/|sid|{plain}:2", "http://p/|stable|none:1",
    )  # fmt: skip
    assert world.client().mirrors == (
        Mirror("http://m/debian/", KEYRING), Mirror("http://n/", "/k.gpg"), Mirror("http://p/", ""),
    )  # fmt: skip


def test_no_debian_archive_configured(world: World) -> None:
    world.configured("http://ubuntu/|noble|none:1")
    with pytest.raises(BuildError, match="not configured for any Debian archive") as caught:
        world.client().newest_binary("crash")
    assert "downloads=DIR" in caught.value.next_step


def test_no_apt(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(world.root / "none"))
    with pytest.raises(BuildError, match="This machine has no apt"):
        world.client().newest_binary("crash")
    with pytest.raises(Unavailable, match="This machine has no apt"):
        world.client().fetch_source("crash", "x.tar", PinnedFile("x.tar", SHA256), world.root)


def test_newest_version_of_all_suites_is_found(world: World) -> None:
    world.suite("trixie", ("linux-image-6.12.9+deb13-amd64", "6.12.9-1"), ("linux-doc-6.12", "6.12.117-1"))
    world.suite("bookworm-backports", ("linux-image-6.12.10+bpo-amd64", "6.12.10-1~bpo12+1"))
    world.suite("bookworm", ("linux-image-6.1.0-1-amd64", "6.1.9-1"))
    client = world.client()
    newest = client.newest_binary(r"linux-image-6\.12\.\S+-amd64")
    assert (newest.version, newest.suite) == ("6.12.10-1~bpo12+1", "bookworm-backports")
    assert newest.url == "http://m/debian/pool/main/x/linux-image-6.12.10+bpo-amd64_6.12.10-1~bpo12+1.deb"
    assert (newest.size, newest.sha256) == (len(CONTENT), SHA256)
    assert client.newest_binary(r"linux-image-.*", ["bookworm"]).version == "6.1.9-1"


@pytest.mark.parametrize(("given", "listed"), [("", "amd64"), ("arm64", "arm64")])
def test_packages_of_an_architecture(world: World, given: str, listed: str) -> None:
    world.suite("bookworm", ("x", "1"))
    client = world.client(given)
    client.newest_binary("x", ["bookworm"])
    (source,) = (client.root / "suites").iterdir()
    assert source.read_text().startswith(f"deb [arch={listed}] http://m/debian/ bookworm")
    assert f'APT::Architecture "{listed}";\n' in (client.root / "apt.conf").read_text()


def test_suites_that_do_not_answer_are_told_in_one_line_and_not_asked_again(world: World) -> None:
    world.suite("trixie", ("crash", "1.2-1"))
    assert world.client().newest_binary("crash", ["forky", "trixie"]).version == "1.2-1"
    assert world.echoed == [
        "apt: fetching the package list of forky",
        "apt: forky: 404 Not Found",
        "apt: fetching the package list of trixie",
    ]
    world.echoed.clear()
    assert world.client().newest_binary("crash", ["forky", "trixie"]).version == "1.2-1"
    assert world.echoed == []


def age_lists(world: World, seconds: float) -> None:
    for path in (world.root / "a cache" / "apt" / "suites").iterdir():
        then = path.stat().st_mtime - seconds
        os.utime(path, (then, then))


def test_lists_are_fetched_again_after_a_day(world: World) -> None:
    world.suite("trixie", ("crash", "1.2-1"))
    world.client().newest_binary("crash", ["trixie"])
    age_lists(world, apt_client.DAY_SECONDS - 100)
    world.client().newest_binary("crash", ["trixie"])
    assert len(world.calls("apt-get update")) == 1
    age_lists(world, 200)
    world.client().newest_binary("crash", ["trixie"])
    assert len(world.calls("apt-get update")) == 2


def test_old_lists_are_fetched_again_if_a_package_is_not_in_them(world: World) -> None:
    world.suite("trixie", ("crash", "1.2-1"))
    world.client().newest_binary("crash", ["trixie"])
    age_lists(world, apt_client.FRESH_SECONDS + 1)
    world.suite("trixie", ("new-package", "1-1"))
    assert world.client().newest_binary("new-package", ["trixie"]).version == "1-1"


def test_no_package_found_is_an_error_that_names_the_suites(world: World) -> None:
    world.suite("sid", ("crash", "9-1"))
    with pytest.raises(BuildError, match="lists a package named 'cras' in trixie, sid"):
        world.client().newest_binary("cras", ["trixie", "sid"])


def test_hooks_and_lists_of_the_machine_are_not_used(world: World) -> None:
    world.suite("trixie", ("crash", "1.2-1"))
    client = world.client()
    client.newest_binary("crash", ["trixie"])
    config = (client.root / "apt.conf").read_text()
    assert 'Acquire::http::Proxy "http://proxy:3128";' in config
    assert "Post-Invoke" not in config
    assert "Contents" not in config
    assert f'Dir::State::lists "{client.root}/state/lists/";' in config
    (update,) = world.calls("apt-get update")
    assert str(client.root / "suites") in update


def test_package_is_fetched_and_checked(world: World, tmp_path: Path) -> None:
    world.suite("trixie", ("crash", "1.2-1"))
    (world.root / "files" / "crash_1.2-1.deb").write_bytes(CONTENT)
    client = world.client()
    package = client.newest_binary("crash", ["trixie"])
    assert client.fetch_binary(package, tmp_path / "new").read_bytes() == CONTENT
    (world.root / "files" / "crash_1.2-1.deb").write_bytes(b"b" * len(CONTENT))
    with pytest.raises(WrongHash):
        client.fetch_binary(package, tmp_path / "other")
    (world.root / "files" / "crash_1.2-1.deb").unlink()
    with pytest.raises(BuildError, match=r"crash_1\.2-1\.deb cannot be fetched from http://m/.*: 404 Not Found"):
        client.fetch_binary(package, tmp_path / "other")
    assert not [path for path in (tmp_path / "other").iterdir() if not path.name.startswith(".")]


def test_source_file_comes_from_the_first_mirror_that_has_it(world: World, tmp_path: Path) -> None:
    world.configured("http://a/|bookworm|none:1", "http://b/|bookworm|none:1")
    (world.root / "files" / "p_1.orig.tar.xz").write_bytes(CONTENT)
    wanted = PinnedFile("P-1.tar.xz", SHA256, len(CONTENT))
    path = world.client().fetch_source("pack", "p_1.orig.tar.xz", wanted, tmp_path / "new")
    assert path == tmp_path / "new" / "P-1.tar.xz"
    (download,) = world.calls("helper")
    assert download.startswith("helper download-file http://a/pool/main/p/pack/p_1.orig.tar.xz ")
    with pytest.raises(Unavailable, match=r"^http://a/: 404 Not Found; http://b/: 404 Not Found$"):
        world.client().fetch_source("libx", "gone.tar", wanted, tmp_path / "other")
    assert world.calls("helper")[-1].startswith("helper download-file http://b/pool/main/libx/libx/gone.tar ")
