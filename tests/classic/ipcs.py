# SPDX-License-Identifier: GPL-3.0-or-later
# SysV IPC of a namespace, in the classic style.

from pykdump.API import *
from LinuxDump.idr import *
from LinuxDump.Tasks import TaskTable
from LinuxDump import *
import crashcolor

IPC_IDS = CDefine('''
#define IPC_SEM_IDS     0
#define IPC_MSG_IDS     1
#define IPC_SHM_IDS     2
''')
SHM_DEST = 0o1000


def entries(ns, which):
    ids = ns.ids[which]
    for num, addr in idr_for_each(ids.ipcs_idr):
        perm = readSU("struct kern_ipc_perm", addr)
        # The id is a sequence number above the index
        if (perm.id & 0x7fff != num):
            pylog.error("id %d at the index %d" % (perm.id, num))
        yield num, perm
    if (debug):
        print("%d in use, highest %d" % (ids.in_use, ids.max_idx))


def perms(perm):
    return "%x %d %d %o" % (perm.key & 0xffffffff, perm.id, perm.uid.val, perm.mode & 0o777)


def shm(ns):
    for num, perm in entries(ns, IPC_IDS.IPC_SHM_IDS):
        s = container_of(perm, "struct shmid_kernel", "shm_perm")
        dest = "dest" if perm.mode & SHM_DEST else "-"
        print("SHM %x %s %d %d %s" % (Addr(s), perms(perm), s.shm_segsz, s.shm_nattch, dest))


def sem(ns):
    for num, perm in entries(ns, IPC_IDS.IPC_SEM_IDS):
        s = container_of(perm, "struct sem_array", "sem_perm")
        values = [s.sems[i].semval for i in range(s.sem_nsems)]
        print("SEM %x %s %d" % (s, perms(perm), s.sem_nsems))
        print("   values %s" % values)


def msg(ns):
    for num, perm in entries(ns, IPC_IDS.IPC_MSG_IDS):
        q = container_of(perm, "struct msg_queue", "q_perm")
        print("MSG %x %s %d %d" % (q, perms(perm), q.q_cbytes, q.q_qnum))
        for m in readSUListFromHead(Addr(q, "q_messages"), "m_list", "struct msg_msg"):
            text = SmartString(readmem(Addr(m) + struct_size("struct msg_msg"), min(m.m_ts, 64)), Addr(m), None)
            print("   type=%d size=%d %r" % (m.m_type, m.m_ts, str(text)))


if (__name__ == "__main__"):
    op = OptionParser()
    op.add_option("-p", dest="Pid", default=1, type="int", action="store")
    (o, args) = op.parse_args()
    task = TaskTable().getByPid(o.Pid)
    if (not task):
        print("no PID %d" % o.Pid)
        sys.exit(1)
    ns = task.nsproxy.ipc_ns
    crashcolor.set_color(crashcolor.RED)
    crashcolor.set_color(crashcolor.RESET)
    for f in (shm, sem, msg):
        try:
            f(ns)
        except (KeyError, crash.error) as val:
            pylog.error("cannot decode", f.__name__, val)
