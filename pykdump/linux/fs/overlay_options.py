# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of overlay file systems: ovl_show_options() of fs/overlayfs/params.c (super.c before v6.5)."""

from __future__ import annotations

from crash import enumerator_value, readSU, readU8, sym2addr

from pykdump.caches import CU_LIVE, memoize_cond
from pykdump.linux.fs.option_text import constants, option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

ON_OFF = {0: "off", 1: "on"}
XINO = {0: "off", 1: "auto", 2: "on"}


def overlay(sb: StructResult, root: StructResult) -> Iterator[str]:
    """Yield the options of a ``struct super_block`` of an overlay: ``struct ovl_fs`` and its ``config``."""
    info = readSU("struct ovl_fs", int(sb.s_fs_info))
    config = info.config
    # Commit b36a5780cb44 ("ovl: modify layer parameter parsing", v6.5) replaced one string by an array.
    if config.hasField("lowerdirs"):
        yield from _layers(info, config)
    else:
        yield option("lowerdir", config.lowerdir)
    if config.upperdir:
        yield option("upperdir", config.upperdir)
        yield option("workdir", config.workdir)
    if config.default_permissions:
        yield "default_permissions"
    yield from _redirect(config)
    yield from _switch(config, "index", "ovl_index_def")
    yield from _uuid(config)
    yield from _switch(config, "nfs_export", "ovl_nfs_export_def")
    if int(info.xino_mode) and int(config.xino) != _module_switch("ovl_xino_auto_def"):
        yield f"xino={XINO.get(int(config.xino), 'unknown')}"
    yield from _switch(config, "metacopy", "ovl_metacopy_def")
    yield from _last(config)


def _layers(info: StructResult, config: StructResult) -> Iterator[str]:
    """Yield the lower layers: together as the user named them, or one by one if the new mount API named them."""
    if config.lowerdirs[0]:
        yield option("lowerdir", config.lowerdirs[0])
        return
    count = int(info.numlayer)
    merged = count - int(info.numdatalayer)
    for index in range(1, count):
        yield option("lowerdir+" if index < merged else "datadir+", config.lowerdirs[index])


@memoize_cond(CU_LIVE)
def _module_switch(symbol: str) -> int:
    """Return the value of a ``bool`` parameter of the module; 0 if it does not exist."""
    address = sym2addr(symbol)
    return readU8(address) if address else 0


def _switch(config: StructResult, member: str, default: str) -> Iterator[str]:
    value = int(getattr(config, member))
    if value != _module_switch(default):
        yield f"{member}={ON_OFF.get(value, 'unknown')}"


def _redirect(config: StructResult) -> Iterator[str]:
    names = constants("ovl_parameter_redirect_dir")
    if not names:  # before v6.5 the mode was a string, and its default was "on" or "off"
        usual = ON_OFF[_module_switch("ovl_redirect_dir_def")]
        if config.redirect_mode and str(config.redirect_mode) != usual:
            yield f"redirect_dir={config.redirect_mode}"
        return
    follows = "FOLLOW" if _module_switch("ovl_redirect_always_follow") else "NOFOLLOW"
    usual = "ON" if _module_switch("ovl_redirect_dir_def") else follows
    if int(config.redirect_mode) != enumerator_value(f"OVL_REDIRECT_{usual}"):
        yield f"redirect_dir={names.get(int(config.redirect_mode), 'unknown')}"


def _uuid(config: StructResult) -> Iterator[str]:
    names = constants("ovl_parameter_uuid")
    if not names:  # a bool before commit 16aac5ad1fa9 ("ovl: support encoding non-decodable file handles", v6.6)
        if not config.uuid:
            yield "uuid=off"
    elif int(config.uuid) != enumerator_value("OVL_UUID_AUTO"):
        yield f"uuid={names.get(int(config.uuid), 'unknown')}"


def _last(config: StructResult) -> Iterator[str]:
    if config.hasField("ovl_volatile") and config.ovl_volatile:
        yield "volatile"
    if config.hasField("fsync_mode"):  # it has replaced ovl_volatile
        names = constants("ovl_parameter_fsync")
        if int(config.fsync_mode) != enumerator_value("OVL_FSYNC_AUTO") and names:
            yield f"fsync={names.get(int(config.fsync_mode), 'unknown')}"
    if config.userxattr:
        yield "userxattr"
    if config.hasField("verity_mode") and int(config.verity_mode):  # commit 184996e92e86 (v6.6)
        yield f"verity={constants('ovl_parameter_verity').get(int(config.verity_mode), 'unknown')}"
