# SPDX-License-Identifier: GPL-3.0-or-later
# Print the open files of processes, in the classic style.

from pykdump.API import *
from LinuxDump.Tasks import TaskTable
from LinuxDump.fs import *
from LinuxDump.fs.dcache import *
import getopt

S_IFMT = CDefine('''
#define S_IFMT  00170000
#define S_IFSOCK 0140000
#define S_IFLNK  0120000
#define S_IFREG  0100000
#define S_IFBLK  0060000
#define S_IFDIR  0040000
#define S_IFCHR  0020000
#define S_IFIFO  0010000
''')
TYPES = {S_IFMT.S_IFSOCK: "SOCK", S_IFMT.S_IFREG: "REG", S_IFMT.S_IFBLK: "BLK", S_IFMT.S_IFDIR: "DIR",
         S_IFMT.S_IFCHR: "CHR", S_IFMT.S_IFIFO: "FIFO", S_IFMT.S_IFLNK: "LNK"}


def fileType(inode):
    return TYPES.get(inode.i_mode & S_IFMT.S_IFMT, "UNKN")


def usage():
    print("Usage: %s [-v] pid..." % os.path.basename(sys.argv[0]))
    sys.exit(2)


def printFiles(task, verbose=False):
    files = task.files
    if (not files):
        print("No files: %d" % task.pid)
        return
    fdt = files.fdt
    nfds = fdt.max_fds
    bits = readmem(fdt.open_fds, (nfds + 7) // 8)
    for i in range(nfds):
        if (not FD_ISSET(i, bits)):
            continue
        filep = readPtr(long(fdt.fd) + pointersize * i)
        if (not filep):
            continue
        sfile = readSU("struct file", filep)
        dentry = sfile.f_path.dentry
        inode = Deref(dentry.d_inode)
        try:
            path = get_pathname(dentry, sfile.f_path.mnt)
        except crash.error:
            path = dentry.d_name.name
        print("%d %d %x %x %x %s %s" % (task.pid, i, filep, Addr(dentry), Addr(inode), fileType(inode), path))
        if (verbose):
            ops = addr2sym(sfile.f_op) or "?"
            print("    f_op=%s f_pos=%d count=%d fs=%s" % (ops, sfile.f_pos, dentry.d_lockref.count,
                                                           sfile.f_inode.i_sb.s_type.name))


if (__name__ == "__main__"):
    try:
        opts, pids = getopt.getopt(sys.argv[1:], "vh")
    except getopt.GetoptError:
        usage()
    if (not pids or ("-h", "") in opts):
        usage()
    tt = TaskTable()
    for pid in pids:
        task = tt.getByTid(int(pid))
        if (task == None):
            pylog.error("no such task", pid)
            continue
        printFiles(task, ("-v", "") in opts)
