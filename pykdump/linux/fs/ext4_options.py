# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of ext4: ext4_show_options() of fs/ext4/super.c.

Most of them come from two tables of the kernel itself: one from the option's number to bits, one from it to its name.
"""

from __future__ import annotations

from crash import HZ, addr2sym, error, readSU, sym2addr, sym2alladdr, symbol_exists

from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.lists import readSUArray

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

MAX_ROWS = 500
UNKNOWN = -1
SET, CLEAR = 1, 2  # MOPT_SET, MOPT_CLEAR
# (flags of rows that are never shown, flag of rows for s_mount_opt2). Commit cebe85d570cf ("ext4: switch to the new
# mount api", v5.17) renumbered the flags; before it there is also MOPT_CLEAR_ERR, 0x10.
SKIP_AND_SECOND = {True: (0x80, 0x100), False: (0x810, 0x1000)}
JOURNAL_DATA, ORDERED_DATA, WRITEBACK_DATA = 0x400, 0x800, 0xC00  # EXT4_MOUNT_..., fs/ext4/ext4.h
DATA_MODES = {JOURNAL_DATA: "journal", ORDERED_DATA: "ordered", WRITEBACK_DATA: "writeback"}
# (EXT4_MOUNT_ERRORS_..., EXT4_ERRORS_... of the super block on disk, name)
ERRORS = ((0x20, 2, "remount-ro"), (0x10, 1, "continue"), (0x40, 3, "panic"))
DATA_ERR_ABORT = 0x1000_0000
INIT_INODE_TABLE = 0x8000_0000
COMMIT_SECONDS = 5  # JBD2_DEFAULT_MAX_COMMIT_AGE
# (member of struct ext4_sb_info, its default, name)
NUMBERS_BEFORE_DATA = (
    ("s_min_batch_time", 0, "min_batch_time"),
    ("s_max_batch_time", 15000, "max_batch_time"),
    ("s_stripe", 0, "stripe"),
)


def ext4(sb: StructResult, root: StructResult) -> Iterator[str]:
    """Yield the options of a ``struct super_block`` of ext4 that are not its defaults."""
    info = readSU("struct ext4_sb_info", int(sb.s_fs_info))
    if int(info.s_sb_block) != 1:
        yield f"sb={int(info.s_sb_block)}"
    yield from _flag_options(info)
    stored, missing = _on_disk(info)
    for name, default in (("resuid", stored.resuid), ("resgid", stored.resgid)):
        number = int(getattr(info, f"s_{name}").val)
        if number or default:
            yield f"{name}={number}"
    options = int(info.s_mount_opt)
    for bit, value, name in ERRORS:
        if options & bit and stored.errors not in (value, UNKNOWN):
            yield f"errors={name}"
    if int(info.s_commit_interval) != COMMIT_SECONDS * HZ:
        yield f"commit={int(info.s_commit_interval) // HZ}"
    for member, usual, name in NUMBERS_BEFORE_DATA:
        value = int(getattr(info, member))
        if value != usual:
            yield f"{name}={value}"
    if (options ^ int(info.s_def_mount_opt)) & WRITEBACK_DATA:
        yield f"data={DATA_MODES.get(options & WRITEBACK_DATA, 'unknown')}"
    yield from _last(info, options)
    if missing is not None:
        raise missing


class _OnDisk:
    """The defaults in the super block on disk."""

    def __init__(self, resuid: int, resgid: int, errors: int) -> None:
        self.resuid, self.resgid, self.errors = resuid, resgid, errors


def _on_disk(info: StructResult) -> tuple[_OnDisk, error | None]:
    """Return the defaults, and why they cannot be read: the block is in the page cache, which dumps often lack."""
    disk = info.s_es
    try:
        return _OnDisk(int(disk.s_def_resuid), int(disk.s_def_resgid), int(disk.s_errors)), None
    except error as problem:
        return _OnDisk(0, 0, UNKNOWN), problem


def _last(info: StructResult, options: int) -> Iterator[str]:
    if int(info.s_inode_readahead_blks) != 32:
        yield f"inode_readahead_blks={int(info.s_inode_readahead_blks)}"
    if options & INIT_INODE_TABLE and int(info.s_li_wait_mult) != 10:
        yield f"init_itable={int(info.s_li_wait_mult)}"
    if int(info.s_max_dir_size_kb):
        yield f"max_dir_size_kb={int(info.s_max_dir_size_kb)}"
    if options & DATA_ERR_ABORT:
        yield "data_err=abort"


def _flag_options(info: StructResult) -> Iterator[str]:
    """Yield the options of the kernel's table whose bits differ from the defaults of this file system."""
    now = {False: (int(info.s_mount_opt), int(info.s_def_mount_opt))}
    # Kernels without s_def_mount_opt2 (it came with v6.2) compare all rows with s_mount_opt.
    second = info.hasField("s_def_mount_opt2")
    now[True] = (int(info.s_mount_opt2), int(info.s_def_mount_opt2)) if second else now[False]
    changed = {of_second: value ^ default for of_second, (value, default) in now.items()}
    if any(changed.values()):
        for bits, wanted, of_second, name in _table():
            value = now[of_second][0]
            if bits & changed[of_second] and (value & bits == bits if wanted else not value & bits):
                yield name


@memoize_cond(CU_LIVE)
def _table() -> list[tuple[int, bool, bool, str]]:
    """Return (bits, whether they are set, whether in s_mount_opt2, name) of each row of ``ext4_mount_opts[]``."""
    modern = symbol_exists("ext4_param_specs")
    names = _names() if modern else _old_names()
    skipped, second = SKIP_AND_SECOND[modern]
    start, rows = sym2addr("ext4_mount_opts"), []
    for _, row in zip(range(MAX_ROWS), readSUArray("struct mount_opts", start)):
        # The last row is {Opt_err, 0, 0}, but other rows may have zeroes too: the next symbol ends the table.
        if addr2sym(int(row), True)[0] != "ext4_mount_opts":
            break
        token, flags = int(row.token), int(row.flags)
        if flags & (SET | CLEAR) and not flags & skipped and token in names:
            rows.append((int(row.mount_opt) & 0xFFFF_FFFF, bool(flags & SET), bool(flags & second), names[token]))
    return rows


def _names() -> dict[int, str]:
    """Return {number: name} of the options without a value, from ``struct fs_parameter_spec ext4_param_specs[]``."""
    found: dict[int, str] = {}
    for _, spec in zip(range(MAX_ROWS), readSUArray("struct fs_parameter_spec", sym2addr("ext4_param_specs"))):
        if not spec.name:
            break
        if not int(spec.type):
            found.setdefault(int(spec.opt), str(spec.name))
    return found


def _old_names() -> dict[int, str]:
    """Return the same from ``match_table_t tokens`` of kernels before v5.17; other file systems use that name too."""
    for address in sym2alladdr("tokens"):
        if str(readSU("struct match_token", address).pattern) != "bsddf":
            continue
        found: dict[int, str] = {}
        for _, row in zip(range(MAX_ROWS), readSUArray("struct match_token", address)):
            if not row.pattern:
                break
            if "=" not in str(row.pattern):
                found.setdefault(int(row.token), str(row.pattern))
        return found
    return {}
