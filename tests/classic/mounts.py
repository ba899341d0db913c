# SPDX-License-Identifier: GPL-3.0-or-later
# Mounts and super-blocks, in the classic style.

from pykdump.API import *
from LinuxDump.trees import for_all_rbtree
from LinuxDump.fs import *

SB_FLAGS = CDefine('''
#define SB_RDONLY        1
#define SB_NOSUID        2
#define SB_NODEV         4
#define SB_NOEXEC        8
''')
structSetAttr("struct super_block", "Magic", ["s_magic"])


@memoize_cond(CU_LIVE)
def allMounts():
    proxy = get_nsproxy()
    ns = proxy.mnt_ns
    if (member_size("struct mnt_namespace", "mounts") > 0 and not ns.hasField("list")):
        return list(for_all_rbtree(ns.mounts, "struct mount", "mnt_node"))
    return readSUListFromHead(Addr(ns, "list"), "mnt_list", "struct mount", maxel=100000)


def superblocks():
    counts = {}
    for m in allMounts():
        sb = m.mnt.mnt_sb
        counts.setdefault(sb, []).append(m)
    for sb in readSUListFromHead("super_blocks", "s_list", "struct super_block"):
        flags = dbits2str(int(sb.s_flags) & 0xf, SB_FLAGS)
        print("SB %x %s dev=%d:%d mounts=%d %s %x" % (sb, sb.s_type.name, sb.s_dev >> 20, sb.s_dev & 0xfffff,
                                                      len(counts.get(sb, [])), flags or "rw", sb.Magic))


def fstypes():
    for f in readStructNext(readSymbol("file_systems"), "next"):
        print("FS %s %s" % (f.name, (addr2mod(f.owner) if f.owner else None) or "-"))


if (__name__ == "__main__"):
    op = OptionParser(usage="mounts [-s] [-f]")
    op.add_option("-s", dest="Super", default=False, action="store_true")
    op.add_option("-f", dest="Types", default=False, action="store_true")
    (o, args) = op.parse_args()
    for m in allMounts():
        vfsmount = m.mnt
        sb = vfsmount.mnt_sb
        path = get_pathname(m.mnt_mountpoint, Addr(m.mnt_parent, "mnt"))
        dev = m.mnt_devname
        print("%x %x %s %s %s" % (Addr(m), long(sb), sb.s_type.name, dev or "none", path))
        parent = m.mnt_parent
        if (container_of(Addr(m, "mnt"), "struct mount", "mnt") != m or not parent):
            pylog.error("damaged mount", m)
    if (o.Super):
        superblocks()
    if (o.Types):
        fstypes()
