# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the files that the guest boots: its programs, a small initramfs, and a root disk. This does not need root."""

from __future__ import annotations

import lzma
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import build_environment
from mpykbuild.base.run_log import RunLog
from mpykbuild.vmcore.architectures import X86_64, Architecture

GUEST = Path(__file__).resolve().parent / "guest"
WARNINGS = ("-Wall", "-Wextra", "-Wno-format-truncation")
COMPILE = ("-static", "-std=gnu11", "-O1", *WARNINGS, "-D_GNU_SOURCE", "-pthread")

# The guest needs these before it can mount the root disk. qemu_fw_cfg passes vmcoreinfo to QEMU when it is loaded.
EARLY_MODULES = ("virtio_pci", "virtio_blk", "qemu_fw_cfg")
# Files of the folder ``guest`` that are data, and where the guest has them.
DATA_FILES = {
    "truth_files": "truth/files",
    "truth_scale_files": "truth/scale-files",
    "truth_tools": "truth/tools",
    "network_setup": "etc/mpyk/network",
}
# The guest uses some of these modules. The others are only loaded so that tests find them in the dump. A module that a
# kernel has built in, or does not have, is left out.
GUEST_MODULES = (
    "loop", "fuse", "overlay", "dummy", "tun", "veth", "bridge", "8021q", "nf_tables", "nf_conntrack", "dm-mod",
    "null_blk", "xfs", "nfs", "sctp", "bonding", "vxlan", "ip_gre", "ipip", "macvlan", "vrf", "vsock_loopback",
    "sch_prio", "sch_netem", "sch_fq", "sch_tbf", "sch_htb", "sch_ingress", "cls_u32",
    "nft_chain_nat", "nft_ct", "nft_limit", "nft_log", "nft_masq", "nft_nat", "nft_objref", "nft_reject_inet",
    "nf_log_syslog", "nf_tables_bridge", "nft_meta_bridge", "nft_reject_bridge",
    # With these the kernel answers the questions of ss.
    "inet_diag", "tcp_diag", "udp_diag", "raw_diag", "unix_diag", "af_packet_diag", "netlink_diag", "vsock_diag",
    "sctp_diag", "mptcp_diag",
)  # fmt: skip
ROOT_DISK_MB = 80
FROZEN_DISK_MB = 4
TRUTH_DISK_MB = 96


@dataclass(frozen=True)
class Module:
    """A kernel module: its name with underscores, its file, and the names of the modules that it needs."""

    name: str
    path: Path
    needs: tuple[str, ...]


def module_name(path: Path) -> str:
    """Return the name of the module in a file such as ``dm-mod.ko.xz``."""
    return path.name.split(".ko")[0].replace("-", "_")


def read_module(path: Path) -> bytes:
    """Return the content of a module's ELF file, decompressed if necessary."""
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data


def module_needs(image: bytes) -> tuple[str, ...]:
    """Return the names of the modules that a module needs, from the ``.modinfo`` section in ``image``."""
    found = re.search(rb"\0depends=([^\0]*)\0", image)
    names = found[1].decode("ascii") if found else ""
    return tuple(name.replace("-", "_") for name in names.split(",") if name)


def load_order(wanted: Iterable[str], modules: Path) -> list[Module]:
    """Return the modules to load, in an order in which each module comes after those that it needs.

    Names without a file in ``modules`` are left out: they are built in or unknown.
    """
    files = {module_name(path): path for path in sorted(modules.rglob("*.ko*"))}
    ordered: dict[str, Module] = {}

    def visit(name: str) -> None:
        if name in ordered or name not in files:
            return
        needs = module_needs(read_module(files[name]))
        for other in needs:
            visit(other)
        ordered[name] = Module(name, files[name], needs)

    for name in wanted:
        visit(name.replace("-", "_"))
    return list(ordered.values())


def cpio_entry(name: str, data: bytes, mode: int, inode: int) -> bytes:
    """Return one member of a newc cpio archive."""
    fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    header = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    header += b"\0" * (-len(header) % 4)
    return header + data + b"\0" * (-len(data) % 4)


def cpio(files: Sequence[tuple[str, bytes, int]]) -> bytes:
    """Return a newc archive of (name, content, mode). The mode may also be that of a directory."""
    members = [cpio_entry(name, data, mode, number) for number, (name, data, mode) in enumerate(files, 1)]
    return b"".join(members) + cpio_entry("TRAILER!!!", b"", 0, 0)


def find_mke2fs() -> str:
    """Return the path of mke2fs. It is in a folder that is not in the PATH of most users."""
    found = shutil.which("mke2fs", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]))
    if not found:
        raise BuildError("mke2fs is not installed, but it is needed for the guest's root disk.", "install e2fsprogs.")
    return found


@dataclass(frozen=True)
class GuestFiles:
    """The initramfs and the root disk that QEMU boots, and the disk to which the guest writes the truth."""

    initrd: Path
    root_disk: Path
    truth_disk: Path


@dataclass(frozen=True)
class Content:
    """What the root disk has besides our own programs.

    ``extra_modules`` are further modules to load. ``tools`` is a folder with programs and libraries, laid out for /.
    """

    extra_modules: Sequence[Path] = ()
    tools: Path | None = None


NOTHING = Content()


def _compile(work: Path, log: RunLog, architecture: Architecture) -> None:
    """Compile the guest's programs: ``early`` is /init of the initramfs, ``init`` is /sbin/init of the root disk."""
    if not shutil.which(architecture.compiler):
        raise BuildError(
            f"{architecture.compiler} is not installed, but it is needed to compile the guest's programs.",
            f"install {architecture.packages}.",
        )
    early = GUEST / "early.c"
    others = sorted(path for path in GUEST.glob("*.c") if path != early)
    for name, sources in (("early", [early]), ("init", others)):
        command = [architecture.compiler, *COMPILE, "-o", str(work / name), *map(str, sources)]
        log.step(f"compile the guest's {name}", command, work, build_environment())


def _initrd(work: Path, modules: Path) -> bytes:
    early = load_order(EARLY_MODULES, modules)
    files = [(f"{module.name}.ko", read_module(module.path), 0o100644) for module in early]
    listed = "".join(f"/{name}\n" for name, _, _ in files)
    files.append(("modules", listed.encode(), 0o100644))
    files.append(("init", (work / "early").read_bytes(), 0o100755))
    return cpio(files)


def _fill_root(root: Path, work: Path, modules: Path, content: Content) -> None:
    """Make the root disk's tree: programs, mount points, /sbin/init, modules and lists. Extra modules come last."""
    if content.tools:
        shutil.copytree(content.tools, root, ignore=shutil.ignore_patterns("product.json"))
    for folder in (
        "dev",
        "proc",
        "sys",
        "run",
        "tmp",
        "mnt",
        "sbin",
        "etc/mpyk",
        "images",
        "truth",
        "lib/guest-modules",
    ):
        (root / folder).mkdir(parents=True, exist_ok=True)
    shutil.copy2(work / "init", root / "sbin/init")
    for name, place in DATA_FILES.items():
        shutil.copy2(GUEST / name, root / place)
    (root / "etc/guest-name").write_text("mpyk-guest\n")
    (root / "mnt/bound-file").write_text("")
    early = {module.name for module in load_order(EARLY_MODULES, modules)}
    later = [module for module in load_order(GUEST_MODULES, modules) if module.name not in early]
    later += [Module(path.stem, path, ()) for path in content.extra_modules]
    for module in later:
        (root / "lib/guest-modules" / f"{module.name}.ko").write_bytes(read_module(module.path))
    (root / "lib/guest-modules/list").write_text("".join(f"{module.name}.ko\n" for module in later))


def _make_disk(path: Path, megabytes: int, tree: Path | None, log: RunLog) -> None:
    # Lazy initialisation would start a kernel thread that ends at an unknown time, so the list of tasks would change.
    command = [find_mke2fs(), "-q", "-F", "-t", "ext4", "-E", "root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0"]
    if tree:
        command += ["-d", str(tree)]
    log.step(f"make {path.name}", [*command, str(path), f"{megabytes}M"], path.parent, build_environment())


def make_guest(
    modules: Path, work: Path, log: RunLog, content: Content = NOTHING, architecture: Architecture = X86_64
) -> GuestFiles:
    """Make all files that the guest boots, in the folder ``work``.

    ``modules`` is the folder of the kernel's modules.
    """
    _compile(work, log, architecture)
    (work / "initrd").write_bytes(_initrd(work, modules))
    root = work / "root"
    _fill_root(root, work, modules, content)
    _make_disk(root / "images/frozen.img", FROZEN_DISK_MB, None, log)
    _make_disk(work / "root.img", ROOT_DISK_MB, root, log)
    with (work / "truth.img").open("wb") as disk:
        disk.truncate(TRUTH_DISK_MB << 20)
    return GuestFiles(work / "initrd", work / "root.img", work / "truth.img")
