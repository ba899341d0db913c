# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian packages through the machine's own apt client, with a private state.

Mirrors, proxies and keyrings are the machine's; lists and configuration are ours and live in one folder, so no root is
needed, nothing of the machine is changed, and suites can be read that the machine does not have configured. Only the
package lists that a question needs are fetched, and they are kept for a day.

Files of source packages need no list at all: their name and hash are pinned, and every mirror keeps them at the same
place, whatever revision of the package is current.
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
from mpykbuild.fetch.download import Echo, Progress, Unavailable, Wanted, keep_verified, one_line

SUITES = ("bullseye", "bookworm", "bookworm-backports", "trixie", "trixie-backports", "forky", "sid")
# An entry of the machine counts as a Debian archive if it names one of these (security archives have other suites).
_ARCHIVE_SUITES = re.compile(
    r"(buster|bullseye|bookworm|trixie|forky|duke|sid|oldstable|stable|testing|unstable)(-updates|-backports)?/?"
)
HELPER = Path("/usr/lib/apt/apt-helper")
DAY_SECONDS = 24 * 3600.0
# A list that was fetched just now need not be fetched again because what was asked for is not in it.
FRESH_SECONDS = 600.0


@dataclass(frozen=True)
class Mirror:
    """A Debian archive as the machine uses it. ``signed_by`` is empty for apt's own trusted keyrings."""

    uri: str
    signed_by: str = ""


@dataclass(frozen=True)
class BinaryPackage:
    """One binary package of a mirror's list, with all that is needed to fetch it."""

    name: str
    version: str
    sha256: str
    size: int
    suite: str
    url: str


class AptClient:
    """Questions to the mirrors. ``root`` is the folder of the private state, ``echo`` gets one line per event.

    ``architecture`` is whose packages are listed, in Debian's words; empty for the machine's own.
    """

    def __init__(self, root: Path, echo: Echo = print, helper: Path = HELPER, architecture: str = "") -> None:
        self.root = root
        self.echo = echo
        self.helper = helper
        self._wanted_architecture = architecture

    def fetch_source(self, package: str, file: str, wanted: Wanted, dest: Path) -> Path:
        """Return ``dest/<wanted.name>``: ``file`` of a source package, verified by its pinned hash.

        Raises Unavailable if no mirror has it.
        """
        try:
            mirrors = self.mirrors
        except BuildError as error:
            raise Unavailable(error.what) from error
        shelf = package[:4] if package.startswith("lib") else package[:1]
        reasons = []
        for mirror in mirrors:
            url = f"{mirror.uri}pool/main/{shelf}/{package}/{file}"
            try:
                return keep_verified(wanted, dest, url, self._filler(url, wanted))
            except Unavailable as error:
                reasons.append(f"{mirror.uri}: {error}")
        raise Unavailable("; ".join(reasons))

    def binaries(self, name_regex: str, suites: Sequence[str] | None = None) -> list[BinaryPackage]:
        """Return all packages whose whole name matches, newest version first, in ``suites`` (all known by default)."""
        pattern = re.compile(name_regex)
        wanted_suites = SUITES if suites is None else suites
        found = self._listed(pattern, wanted_suites, DAY_SECONDS)
        if not found:
            found = self._listed(pattern, wanted_suites, FRESH_SECONDS)
        return sorted(found, key=lambda package: DebianVersion(package.version), reverse=True)

    def newest_binary(self, name_regex: str, suites: Sequence[str] | None = None) -> BinaryPackage:
        """Return the newest package whose whole name matches. Raises BuildError when there is none."""
        found = self.binaries(name_regex, suites)
        if not found:
            raise BuildError(
                f"No Debian mirror of this machine lists a package named '{name_regex}'"
                f" in {', '.join(SUITES if suites is None else suites)}.",
                "check that the machine's Debian mirror answers (apt-get update), or ask for another version.",
            )
        return found[0]

    def fetch_binary(self, package: BinaryPackage, dest: Path) -> Path:
        """Return the package's .deb in ``dest``, verified by the hash in the signed list."""
        wanted = Wanted(package.url.rpartition("/")[2], package.sha256, package.size)
        try:
            return keep_verified(wanted, dest, package.url, self._filler(package.url, wanted))
        except Unavailable as error:
            raise BuildError(
                f"{wanted.name} cannot be fetched from {package.url}: {error}.", "try again when the mirror answers."
            ) from error

    @cached_property
    def mirrors(self) -> tuple[Mirror, ...]:
        """The Debian archives of the machine's apt configuration, in its order."""
        if not shutil.which("apt-get") or not self.helper.is_file():
            raise BuildError(
                "This machine has no apt, so nothing can be taken from Debian's packages.",
                "put the files into a folder and give it as downloads=DIR.",
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
                "put the files into a folder and give it as downloads=DIR, or build on Debian.",
            )
        return tuple(mirrors.values())

    @cached_property
    def _env(self) -> dict[str, str]:
        """Environment that makes apt use our folder."""
        self._prepare()
        return users_environment(APT_CONFIG=str(self.root / "apt.conf"))

    def _prepare(self) -> None:
        """Make our folder and its configuration, which follows the machine's."""
        for folder in ("state/lists/partial", "cache/archives/partial", "suites"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "status").touch()
        config = self.root / "apt.conf"
        fresh = config.with_suffix(f".{os.getpid()}")
        fresh.write_text(self._config())
        fresh.replace(config)

    def _config(self) -> str:
        """The machine's ways to the network, without its hooks and other lists, and our own folders."""
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
            # We read the lists ourselves: apt need not index them.
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            # Root would otherwise hand the transfers to a user who cannot enter root's home.
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

    def _listed(self, pattern: re.Pattern[str], suites: Iterable[str], max_age: float) -> list[BinaryPackage]:
        found = []
        with locked(self.root / "lock"):
            for suite in suites:
                for mirror in self.mirrors:
                    listed = self._packages_of(mirror, suite, max_age)
                    if listed is not None:
                        found += [_package(stanza, mirror, suite) for stanza in _matching(listed, pattern)]
                        break
        return found

    def _packages_of(self, mirror: Mirror, suite: str, max_age: float) -> bytes | None:
        """Return the suite's package list, fetched if it is older than ``max_age``; None if the mirror has none."""
        env = self._env
        sources = self.root / "suites" / f"{suite}-{re.sub(r'[^A-Za-z0-9.]+', '_', mirror.uri)}.list"
        option = f"Dir::Etc::sourcelist={sources}"
        # The file's time tells when it was last asked for, with whatever result: a suite that is not there is not
        # asked for again and again.
        if not (sources.is_file() and time.time() - sources.stat().st_mtime < max_age):
            key = f" signed-by={mirror.signed_by}" if mirror.signed_by else ""
            sources.write_text(f"deb [arch={self.architecture}{key}] {mirror.uri} {suite} main\n")
            self.echo(f"apt: fetching the package list of {suite}")
            update = run(["apt-get", "update", "-qq", "-o", option], env=env)
            if update.status:
                self.echo(f"apt: {suite}: {_first_complaint(update.stderr)}")
        targets = run(
            ["apt-get", "indextargets", "--format", "$(FILENAME)", "Created-By: Packages", "-o", option], env=env
        )
        lists = targets.stdout.splitlines()
        if not lists:
            return None
        return run_bytes([self.helper, "cat-file", *lists], env=env).stdout

    @cached_property
    def architecture(self) -> str:
        """Whose packages are listed, in Debian's words: amd64, arm64."""
        return self._wanted_architecture or run(["dpkg", "--print-architecture"]).stdout.strip()

    def _filler(self, url: str, wanted: Wanted) -> Callable[[Path], None]:
        """Return a filler for :func:`mpykbuild.download.keep` that lets apt transfer ``url``."""

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
                raise Unavailable(_first_complaint(complaint.decode("utf-8", "replace")))

        return fill


def _first_complaint(stderr: str) -> str:
    """Return apt's first error without the address, which the caller has told already."""
    for line in stderr.splitlines():
        if line.startswith(("E:", "W:")):
            return one_line(re.sub(r"^[EW]: (Failed to fetch \S+ )?|\[IP: [^]]*\]", "", line)).rstrip(".")
    return "apt gives no reason"


def _keyring_of(entry: str) -> str:
    """Return the keyring that the machine's entry (``file:number``) names; empty if it relies on apt's own."""
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


def _matching(listing: bytes, pattern: re.Pattern[str]) -> Iterator[dict[str, str]]:
    """Yield the fields of each stanza whose package name matches as a whole."""
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
