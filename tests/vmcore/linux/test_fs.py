# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts, dentries and open files, compared with the guest's own record and crash's ``mount``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from support.session import CrashSession
from support.truth import Truth

Inside = Callable[[str, str], Any]
FS = "from LinuxDump.fs import *\nfrom LinuxDump.fs.dcache import *"


def test_the_mounts_are_those_of_mountinfo(inside: Inside, truth: Truth) -> None:
    one = "(m.mnt_id, m.mnt_parent.mnt_id, '%d:%d' % device_number(m.mnt.mnt_sb.s_dev), dentry_path(m.mnt.mnt_root), "
    one += "mount_point(m), fs_type(m.mnt.mnt_sb), str(m.mnt_devname))"
    module = "from pykdump.linux.fs import for_each_mount, mount_point, dentry_path, fs_type, device_number"
    found = {row[0]: row for row in inside(module, f"[{one} for m in for_each_mount()]")}
    expected = {
        m.mount_id: [m.mount_id, m.parent_id, m.device, m.root, m.mount_point, m.fs_type, m.source]
        for m in truth.mounts()
        if m.fs_type != "nsfs"  # the root of these has no name: the file system makes one up
    }
    assert len(expected) > 8
    hidden = [row for number, row in found.items() if number not in expected]
    assert [row[5] for row in hidden if row[5] != "nsfs"] in ([], ["rootfs"])
    assert {number: row for number, row in found.items() if number in expected} == expected


def test_get_mount_equals_crashs_mount(inside: Inside, crash_session: CrashSession) -> None:
    rows = re.findall(
        r"^([0-9a-f]{16}) ([0-9a-f]{16}) (\S+) +(\S+(?: \S+)*?) +(/.*?)\s*$", crash_session.run("mount"), re.M
    )
    # The mount of a folder on itself confuses crash: it shows what is mounted below as /run/netns/netns/blue.
    expected = sorted(
        (int(mount, 16), int(sb, 16), kind, place.rstrip("/").replace("/netns/netns/", "/netns/") or "/")
        for mount, sb, kind, _, place in rows
    )
    assert len(expected) > 8
    offset = inside("", "member_offset('struct mount', 'mnt')")
    found = sorted((row[0] - offset, row[1], row[2], row[4]) for row in inside(FS, "getMount()"))
    # crash names the type of the file system without its subtype.
    assert [(m, sb, place) for m, sb, _, place in found] == [(m, sb, place) for m, sb, _, place in expected]
    assert [kind.partition(".")[0] for _, _, kind, _ in found] == [kind for _, _, kind, _ in expected]
    assert inside(FS, "[sb2Vfsmnt(row[1]) != 0 for row in getMount()]") == [True] * len(found)


def test_open_files_are_those_of_proc(inside: Inside, truth: Truth) -> None:
    tasks = [t for t in truth.user_tasks if t.leader and t.state not in "ZX" and t != truth.recorder]
    pids = [task.pid for task in tasks]
    names = "{fd: file_path(f) for fd, f in open_files(readSU('struct task_struct', pid_to_task(pid)))}"
    found = dict(
        zip(pids, inside("from pykdump.linux.fs import open_files, file_path", f"[{names} for pid in {pids}]"))
    )
    compared = 0
    for task in tasks:
        expected = truth.links(task.pid, "fds")
        if task.comm == "d-frozen-open":  # it has a number, and no file yet
            continue
        assert found[task.pid].keys() == expected.keys(), task
        plain = {fd: path for fd, path in expected.items() if path.startswith("/") and not path.endswith(" (deleted)")}
        assert {fd: found[task.pid][fd] for fd in plain} == plain, task
        compared += len(plain)
    assert compared > 100


def test_a_path_leads_to_its_dentry_and_back(inside: Inside, truth: Truth) -> None:
    paths = sorted({truth.links(1, "links")["exe"], "/", "/proc", "/run", "/run/stream.sock", "/mnt/with blank"})
    both = "[full_path(*pathname2dentry(p)), get_pathname(*pathname2dentry(p)).rstrip('/') or '/']"
    assert inside(FS, f"[{both} for p in {paths}]") == [[path, path] for path in paths]
    assert inside(FS, "pathname2dentry('/no/such/path')[0]") is None


def test_ls_shows_a_directory(crash_session: CrashSession, tmp_path: Any) -> None:
    program = tmp_path / "ls.py"
    program.write_text("from LinuxDump.fs.dcache import *\nls_pathname('/run')\n")
    output = crash_session.run(f"epython {program}")
    first, heading, *entries = output.splitlines()
    assert first.split()[0].startswith("drwx") and first.endswith(" /run")
    assert heading == "=== Listing Directory Contents"
    names = [line.split(None, 6)[6] for line in entries if line.startswith(" ") and len(line.split(None, 6)) == 7]
    assert "stream.sock" in names and "name with blank.sock" in names
    assert next(line for line in entries if line.endswith(" stream.sock")).split()[0].startswith("s")


def test_whether_a_file_system_is_frozen(inside: Inside, truth: Truth) -> None:
    frozen = inside("from pykdump.linux.fs import super_blocks, sb_frozen", "[sb_frozen(s) for s in super_blocks()]")
    assert any(frozen) == any(task.comm.startswith("d-frozen") for task in truth.tasks)
    assert not all(frozen)
