# SPDX-License-Identifier: GPL-3.0-or-later
"""List and fetch Debian packages with the machine's apt, but with a private configuration and private lists.

The mirrors, proxies and keyrings are those of the machine. The lists and the configuration are in a folder of the
cache. So apt needs no root here, it changes nothing on the machine, and it can read suites that the machine's
configuration does not have. Only the package lists that a search needs are fetched. They are kept for a day.

Files of source packages need no list. Their names and hashes are pinned, and each mirror keeps them in the same folder.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mpykbuild.base.cache import locked
from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import PIPE, TimeoutExpired, run, run_bytes, started, users_environment
from mpykbuild.fetch.debian_version import DebianVersion
from mpykbuild.fetch.download import Echo, PinnedFile, Progress, Unavailable, keep_verified, one_line

SUITES = ("bullseye", "bookworm", "bookworm-backports", "trixie", "trixie-backports", "forky", "sid")
# An entry of the machine's configuration is a Debian archive if its suite is one of these. The suites of security
# archives have other names.
_ARCHIVE_SUITES = re.compile(
    r"(buster|bullseye|bookworm|trixie|forky|duke|sid|oldstable|stable|testing|unstable)(-updates|-backports)?/?"
)
HELPER = Path("/usr/lib/apt/apt-helper")
DAY_SECONDS = 24 * 3600.0
# If a package is not in a list, the list is fetched again, but only when it is older than this.
FRESH_SECONDS = 600.0


@dataclass(frozen=True)
class Mirror:
    """A Debian archive of the machine's configuration. ``signed_by`` is its keyring, empty for apt's own keyrings."""

    uri: str
    signed_by: str = ""


@dataclass(frozen=True)
class BinaryPackage:
    """One binary package of a mirror's list, with everything that fetching it needs. ``size`` is in bytes."""

    name: str
    version: str
    sha256: str
    size: int
    suite: str
    url: str


class AptClient:
    """Lists and fetches packages. ``root`` is the folder of the private state. ``echo`` gets one line for each event.

    ``architecture`` is Debian's name of the packages' architecture; empty means the machine's own.
    """

    def __init__(self, root: Path, echo: Echo = print, helper: Path = HELPER, architecture: str = "") -> None:
        self.root = root
        self.echo = echo
        self.helper = helper
        self._given_architecture = architecture

    def fetch_source(self, package: str, file: str, wanted: PinnedFile, dest: Path) -> Path:
        """Fetch ``file`` of a source package and verify its pinned hash; return ``dest/<wanted.name>``.

        Raises Unavailable if no mirror has the file.
        """
        try:
            mirrors = self.mirrors
        except BuildError as error:
            raise Unavailable(error.what) from error
        folder = package[:4] if package.startswith("lib") else package[:1]
        reasons = []
        for mirror in mirrors:
            url = f"{mirror.uri}pool/main/{folder}/{package}/{file}"
            try:
                return keep_verified(wanted, dest, url, self._downloader(url, wanted))
            except Unavailable as error:
                reasons.append(f"{mirror.uri}: {error}")
        raise Unavailable("; ".join(reasons))

    def binaries(self, name_regex: str, suites: Sequence[str] | None = None) -> list[BinaryPackage]:
        """Return all packages of ``suites`` (default: SUITES) whose complete name matches, newest version first."""
        pattern = re.compile(name_regex)
        wanted_suites = SUITES if suites is None else suites
        found = self._matching_packages(pattern, wanted_suites, DAY_SECONDS)
        if not found:
            found = self._matching_packages(pattern, wanted_suites, FRESH_SECONDS)
        return sorted(found, key=lambda package: DebianVersion(package.version), reverse=True)

    def newest_binary(self, name_regex: str, suites: Sequence[str] | None = None) -> BinaryPackage:
        """Return the newest package whose complete name matches. Raises BuildError if there is none."""
        found = self.binaries(name_regex, suites)
        if not found:
            raise BuildError(
                f"No Debian mirror of this machine lists a package named '{name_regex}'"
                f" in {', '.join(SUITES if suites is None else suites)}.",
                "check with apt-get update that the machine's Debian mirror answers, or use another version.",
            )
        return found[0]

    def fetch_binary(self, package: BinaryPackage, dest: Path) -> Path:
        """Fetch a package into ``dest``, verify it with the hash of the signed list, and return the .deb file."""
        wanted = PinnedFile(package.url.rpartition("/")[2], package.sha256, package.size)
        try:
            return keep_verified(wanted, dest, package.url, self._downloader(package.url, wanted))
        except Unavailable as error:
            raise BuildError(
                f"{wanted.name} cannot be fetched from {package.url}: {error}.", "try again when the mirror answers."
            ) from error

    @cached_property
    def mirrors(self) -> tuple[Mirror, ...]:
        """The Debian archives of the machine's apt configuration, in its order."""
        if not shutil.which("apt-get") or not self.helper.is_file():
            raise BuildError(
                "This machine has no apt, so no Debian packages can be fetched.",
                "put the files into a folder and give that folder as downloads=DIR.",
            )
        listing = run(
            ["apt-get", "indextargets", "--no-release-info", "--format", "$(REPO_URI)|$(RELEASE)|$(SOURCESENTRY)",
             "Created-By: Packages"], env=users_environment(),
        )  # fmt: skip
        mirrors: dict[str, Mirror] = {}
        for line in listing.stdout.splitlines():
            uri, release, entry = line.split("|")
            if _ARCHIVE_SUITES.fullmatch(release):
                mirrors.setdefault(uri, Mirror(uri, _keyring_of(entry)))
        if not mirrors:
            raise BuildError(
                "apt on this machine is not configured for any Debian archive.",
                "put the files into a folder and give that folder as downloads=DIR, or build on Debian.",
            )
        return tuple(mirrors.values())

    @cached_property
    def _env(self) -> dict[str, str]:
        """The environment in which apt uses our folder."""
        self._prepare()
        return users_environment(APT_CONFIG=str(self.root / "apt.conf"))

    def _prepare(self) -> None:
        """Make our folder and write its configuration."""
        for folder in ("state/lists/partial", "cache/archives/partial", "suites"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "status").touch()
        config = self.root / "apt.conf"
        fresh = config.with_suffix(f".{os.getpid()}")
        fresh.write_text(self._config())
        fresh.replace(config)

    def _config(self) -> str:
        """Return our configuration: the machine's network settings, but not its hooks, and our own folders."""
        network = re.compile(r"Acquire::(https?|ForceIPv[46]|Retries|Check-Valid-Until|Queue-Mode)\b")
        kept = [
            line
            for line in run(["apt-config", "dump"], env=users_environment()).stdout.splitlines()
            if network.match(line)
        ]
        own = {
            "Dir::Etc::parts": "/dev/null",
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::sourcelist": "/dev/null",
            "Dir::State": f"{self.root}/state/",
            "Dir::State::lists": f"{self.root}/state/lists/",
            "Dir::State::status": f"{self.root}/status",
            "Dir::Cache": f"{self.root}/cache/",
            # We read the lists ourselves, so apt needs no index of them.
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            # Without this, apt as root downloads as another user, who cannot read root's home.
            "APT::Sandbox::User": "root",
            "APT::Architecture": self.architecture,
            "APT::Get::List-Cleanup": "false",
            "APT::Update::Error-Mode": "any",
            "Acquire::Languages": "none",
            "Acquire::GzipIndexes": "true",
            "Acquire::http::Timeout": "20",
            "Acquire::https::Timeout": "20",
        }
        return "".join(f"{line}\n" for line in kept) + "".join(f'{key} "{value}";\n' for key, value in own.items())

    def _matching_packages(
        self, pattern: re.Pattern[str], suites: Iterable[str], max_age: float
    ) -> list[BinaryPackage]:
        found = []
        with locked(self.root / "lock"):
            for suite in suites:
                for mirror in self.mirrors:
                    listed = self._package_list(mirror, suite, max_age)
                    if listed is not None:
                        found += [_package(stanza, mirror, suite) for stanza in _matching_stanzas(listed, pattern)]
                        break
        return found

    def _package_list(self, mirror: Mirror, suite: str, max_age: float) -> bytes | None:
        """Return a suite's package list, or None if the mirror has none.

        Fetch the list first if it is older than ``max_age`` seconds.
        """
        env = self._env
        sources = self.root / "suites" / f"{suite}-{re.sub(r'[^A-Za-z0-9.]+', '_', mirror.uri)}.list"
        option = f"Dir::Etc::sourcelist={sources}"
        # The file's time is the time of the last fetch, also of one that failed. So a suite that the mirror does not
        # have is not fetched again for each search.
        if not (sources.is_file() and time.time() - sources.stat().st_mtime < max_age):
            key = f" signed-by={mirror.signed_by}" if mirror.signed_by else ""
            sources.write_text(f"deb [arch={self.architecture}{key}] {mirror.uri} {suite} main\n")
            self.echo(f"apt: fetching the package list of {suite}")
            update = run(["apt-get", "update", "-qq", "-o", option], env=env)
            if update.status:
                self.echo(f"apt: {suite}: {_first_error(update.stderr)}")
        targets = run(
            ["apt-get", "indextargets", "--format", "$(FILENAME)", "Created-By: Packages", "-o", option], env=env
        )
        lists = targets.stdout.splitlines()
        if not lists:
            return None
        return run_bytes([self.helper, "cat-file", *lists], env=env).stdout

    @cached_property
    def architecture(self) -> str:
        """Debian's name of the architecture whose packages are listed: amd64, arm64."""
        return self._given_architecture or run(["dpkg", "--print-architecture"]).stdout.strip()

    def _downloader(self, url: str, wanted: PinnedFile) -> Callable[[Path], None]:
        """Return a function for :func:`keep_verified` that downloads ``url`` with apt into the file that it gets."""

        def fill(partial: Path) -> None:
            command = [str(self.helper), "download-file", url, str(partial)]
            progress = Progress(wanted.name, wanted.size)
            with started(command, env=self._env, stderr=PIPE) as process:
                while True:
                    try:
                        _, complaint = process.communicate(timeout=0.2)
                        break
                    except TimeoutExpired:
                        progress.show(partial.stat().st_size if partial.is_file() else 0)
            progress.clear()
            partial.with_name(partial.name + ".FAILED").unlink(missing_ok=True)
            if process.returncode or not partial.is_file():
                raise Unavailable(_first_error(complaint.decode("utf-8", "replace")))

        return fill


def _first_error(stderr: str) -> str:
    """Return apt's first error without the address, because the caller reports the address."""
    for line in stderr.splitlines():
        if line.startswith(("E:", "W:")):
            return one_line(re.sub(r"^[EW]: (Failed to fetch \S+ )?|\[IP: [^]]*\]", "", line)).rstrip(".")
    return "apt gave no reason"


def _keyring_of(entry: str) -> str:
    """Return the keyring of an entry (``file:number``) of the machine's configuration; empty if it names none."""
    path, _, number = entry.rpartition(":")
    try:
        text = Path(path).read_text(errors="replace")
    except OSError:
        return ""
    if path.endswith(".sources"):
        stanzas = re.split(r"\n\s*\n", text.strip())
        chosen = stanzas[min(int(number), len(stanzas)) - 1]
        match = re.search(r"(?mi)^Signed-By:[ \t]*(/\S+)[ \t]*$", chosen)
    else:
        match = re.search(r"\bsigned-by=(/[^\s\],]+)", text.splitlines()[int(number) - 1])
    return match.group(1) if match else ""


def _matching_stanzas(listing: bytes, pattern: re.Pattern[str]) -> Iterator[dict[str, str]]:
    """Yield the fields of each stanza whose complete package name matches."""
    for line in re.finditer(rb"^Package: (\S+)$", listing, re.MULTILINE):
        if pattern.fullmatch(line[1].decode()):
            end = listing.find(b"\n\n", line.start())
            stanza = listing[line.start() : end if end >= 0 else None].decode()
            yield dict(re.findall(r"(?m)^([A-Za-z0-9-]+): (.*)$", stanza))


def _package(stanza: dict[str, str], mirror: Mirror, suite: str) -> BinaryPackage:
    return BinaryPackage(
        name=stanza["Package"], version=stanza["Version"], sha256=stanza["SHA256"], size=int(stanza["Size"]),
        suite=suite, url=mirror.uri + stanza["Filename"],
    )  # fmt: skip
