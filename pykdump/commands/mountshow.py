# SPDX-License-Identifier: GPL-3.0-or-later
"""mountshow: mounts as /proc/mounts and /proc/self/mountstats show them.

  mountshow                      what process 1 sees in /proc/mounts; --mounts does the same
  mountshow -v                   also the addresses of struct mount and struct super_block, IDs, propagation
  mountshow --stats              what it sees in /proc/self/mountstats
  mountshow --stats /mnt 0xffff  only these mounts: paths, or addresses of struct mount or struct vfsmount
  mountshow --pid 1234           what this process sees: its mount namespace, and its root directory
  mountshow --all                the mounts of all mount namespaces

The options are those in force. For a file system whose options we cannot read, the list ends with "..."; the records of
--json then have "options_complete": false.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pykdump.command_layer import Command, Finding, Problem, Section, item
from pykdump.command_layer.events import UNREADABLE, reason_of
from pykdump.linux.fs.mount_namespaces import chosen_view, namespace_number, views
from pykdump.linux.fs.mounts import mounts_of
from pykdump.linux.fs.option_text import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator

    from pykdump.command_layer.reports import Layouts
    from pykdump.linux.fs.mount_namespaces import View
    from pykdump.linux.fs.mounts import MountPoint

INDENT = " " * 4
SOURCE_ESCAPES = " \t\n\\#"
BLANKS_IN_LINE = 5
_may_need_escapes = re.compile(r"[\t\n\\#]").search
# include/linux/fs.h: SB_UNFROZEN, SB_FREEZE_WRITE, SB_FREEZE_PAGEFAULT, SB_FREEZE_FS, SB_FREEZE_COMPLETE
FREEZE_LEVELS = {0: "", 1: "write", 2: "page-fault", 3: "fs", 4: "complete"}


@dataclass
class MountLine:
    """One mount, with the fields of its line in /proc/PID/mounts: the text without -v shows no more."""

    source: str = item("the device or what was given in its place")
    mount_point: str = item("the path in the namespace, below the root directory of the process")
    type: str = item("the type of the file system")
    options: tuple[str, ...] = item("the options in the order of /proc/PID/mounts")
    options_complete: bool = item("false if the options of this type of file system are not known")


@dataclass
class Mount(MountLine):
    """One mount, with the fields of its line in /proc/PID/mounts and mountinfo, without escapes."""

    mount_options: tuple[str, ...] = item("the options of the mount alone, as in mountinfo")
    super_options: tuple[str, ...] = item("the options of the file system, as in mountinfo")
    mount_id: int = item("the ID of the mount")
    parent_id: int = item("the ID of the mount that has the mount point")
    device: str = item("major:minor of the file system")
    root: str = item("the directory of the file system that is mounted")
    propagation: tuple[str, ...] = item('"shared:N", "master:N", "unbindable"')
    frozen: str = item('how far the file system is frozen: "", "write", "page-fault", "fs" or "complete"')
    mount: int = item("struct mount *", unit="address")
    super_block: int = item("struct super_block *", unit="address")
    namespace: int = item("inode number of the mount namespace, as in /proc/PID/ns/mnt")


@dataclass
class MountAddresses(MountLine):
    """One mount, with what the text of mountshow -v shows of it."""

    mount_id: int = item("the ID of the mount")
    parent_id: int = item("the ID of the mount that has the mount point")
    device: str = item("major:minor of the file system")
    root: str = item("the directory of the file system that is mounted")
    propagation: tuple[str, ...] = item('"shared:N", "master:N", "unbindable"')
    mount: int = item("struct mount *", unit="address")
    super_block: int = item("struct super_block *", unit="address")


@dataclass
class MountStatistics:
    """One mount, with the fields of its line in /proc/PID/mountstats, without escapes."""

    source: str = item("the device or what was given in its place")
    mount_point: str = item("the path in the namespace, below the root directory of the process")
    type: str = item("the type of the file system")
    statistics: tuple[str, ...] = item("further lines of the file system")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of mountshow."""
    parser.add_argument("--mounts", action="store_true", help="what /proc/mounts shows (the default)")
    parser.add_argument(
        "--stats", nargs="*", metavar="MOUNT", help="what mountstats shows, of all mounts or of these (address or path)"
    )
    parser.add_argument("-v", action="store_true", dest="verbose", help="also addresses, IDs and propagation")
    parser.add_argument("--pid", type=int, metavar="PID", help="the mounts that this process sees")
    parser.add_argument("--all", action="store_true", help="the mounts of all mount namespaces")


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield the mounts of the chosen namespaces."""
    frozen: dict[int, Finding] = {}
    make = _maker(options)
    for view in views() if options.all else [chosen_view(options.pid)]:
        if options.all:
            yield Section(f"mnt:[{namespace_number(view.namespace)}], first process {view.pid} ({view.comm})")
        number = namespace_number(view.namespace)
        for point in _points(view, options):
            try:
                if make is not None:
                    yield make(point, number)
                    if point.problem:
                        yield Problem(f"all options of {point.fs_type}", point.problem)
                if options.stats is not None:
                    yield MountStatistics(point.source, point.path, point.fs_type, ())
            except UNREADABLE as problem:
                yield Problem(f"the mount {int(point.mount):#x}", reason_of(problem))
            if point.frozen:
                frozen[int(point.super_block)] = _frozen(point)
    yield from frozen.values()


def _points(view: View, options: argparse.Namespace) -> Iterator[MountPoint]:
    points = mounts_of(view.namespace, view.root)
    wanted = set(options.stats or ())
    return (point for point in points if _is_wanted(point, wanted)) if wanted else points


def _maker(options: argparse.Namespace) -> Callable[[MountPoint, int], MountLine] | None:
    """Return the function that makes the record of a mount, for the number of its namespace; None for --stats."""
    if options.stats is not None and not options.mounts:
        return None
    if options.as_text:
        return _mount_addresses if options.verbose else _mount_text
    return _mount


def _frozen(point: MountPoint) -> Finding:
    """Return the finding of a file system that is frozen."""
    level = FREEZE_LEVELS.get(point.frozen, point.frozen)
    message = f"The file system {point.fs_type} on {point.path} is frozen ({level})."
    return Finding("filesystem-frozen", message, addresses=(int(point.super_block),))


def _is_wanted(point: MountPoint, wanted: set[str]) -> bool:
    """Return whether a mount is in ``wanted``: paths, and addresses in hexadecimal."""
    from crash import Addr

    addresses = {f"{address:x}" for address in (int(point.mount), Addr(point.mount, "mnt"), int(point.super_block))}
    return point.path in wanted or any(word.lower().removeprefix("0x").lstrip("0") in addresses for word in wanted)


def _device(point: MountPoint) -> str:
    major, minor = point.device
    return f"{major}:{minor}"


def _mount_text(point: MountPoint, namespace: int) -> MountLine:
    return MountLine(point.source, point.path, point.fs_type, point.options, point.problem is None)


def _mount_addresses(point: MountPoint, namespace: int) -> MountAddresses:
    return MountAddresses(
        point.source,
        point.path,
        point.fs_type,
        point.options,
        point.problem is None,
        point.mount_id,
        point.parent_id,
        _device(point),
        point.root,
        point.propagation,
        int(point.mount),
        int(point.super_block),
    )


def _mount(point: MountPoint, namespace: int) -> Mount:
    return Mount(
        source=point.source,
        mount_point=point.path,
        type=point.fs_type,
        options=point.options,
        mount_options=point.own_options,
        super_options=point.super_options,
        options_complete=point.problem is None,
        mount_id=point.mount_id,
        parent_id=point.parent_id,
        device=_device(point),
        root=point.root,
        propagation=point.propagation,
        frozen=FREEZE_LEVELS.get(point.frozen, "unknown"),
        mount=int(point.mount),
        super_block=int(point.super_block),
        namespace=namespace,
    )


def _mount_line(mount: MountLine) -> str:
    """Return the line of /proc/mounts. Most lines have no character that needs an escape, which is asked once."""
    words = ",".join(mount.options) if mount.options_complete else ",".join((*mount.options, "..."))
    line = f"{mount.source} {mount.mount_point} {mount.type} {words} 0 0"
    if line.count(" ") == BLANKS_IN_LINE and not _may_need_escapes(line):
        return line
    return f"{escaped(mount.source, SOURCE_ESCAPES)} {escaped(mount.mount_point)} {mount.type} {words} 0 0"


def _lines(mount: MountLine) -> Iterable[str]:
    return (_mount_line(mount),)


def _verbose_lines(mount: MountAddresses) -> Iterable[str]:
    words = f"ID {mount.mount_id}  parent {mount.parent_id}  device {mount.device}  root {mount.root}"
    return (
        _mount_line(mount),
        f"{INDENT}struct mount {hex(mount.mount)}  struct super_block {hex(mount.super_block)}",
        f"{INDENT}{words}  {' '.join(mount.propagation)}".rstrip(),
    )


def _statistics_lines(mount: MountStatistics) -> Iterator[str]:
    what = f"device {escaped(mount.source, SOURCE_ESCAPES)}" if mount.source else "no device"
    yield f"{what} mounted on {escaped(mount.mount_point)} with fstype {mount.type}"
    yield from mount.statistics


TABLES: Layouts = {
    MountLine: _lines,
    Mount: _lines,
    MountAddresses: _verbose_lines,
    MountStatistics: _statistics_lines,
}
COMMAND = Command(__doc__, add_options, collect, TABLES)
main = COMMAND.main
