# SPDX-License-Identifier: GPL-3.0-or-later
# Print the tree of processes: a program in the manner of those written for the classic API.

from pykdump.API import *
from LinuxDump import percpu
from LinuxDump.Tasks import TaskTable, Task, TASK_STATE, getRunQueues
from LinuxDump.trees import *

__version__ = "1.2"

PF_FLAGS = CDefine('''
#define PF_EXITING      0x00000004
#define PF_WQ_WORKER    0x00000020
#define PF_KTHREAD      0x00200000
''')

debug = API_options.debug
total = long(0)


def getState(task):
    st = task.state
    for short, name in (("RU", "TASK_RUNNING"), ("UN", "TASK_UNINTERRUPTIBLE"), ("ZO", "EXIT_ZOMBIE"),
                        ("TR", "TASK_TRACED"), ("ST", "TASK_STOPPED"), ("ID", "TASK_IDLE"),
                        ("IN", "TASK_INTERRUPTIBLE")):
        if st == name:
            return short
    pylog.warning("unknown state", st)
    return "??"


def printTask(task, depth):
    global total
    total += 1
    flags = PF_FLAGS.PF_KTHREAD & task.flags
    name = task.comm
    if flags:
        name = "[%s]" % name
    ppid = task.real_parent.pid
    print("%s%d %d %s %s %x %s" % ("  " * depth, task.pid, ppid, getState(task), task.cpu, Addr(task.ts), name))


def children(ts):
    out = []
    for c in readSUListFromHead(Addr(ts, "children"), "sibling", "struct task_struct", maxel=100000):
        out.append(c)
    out.sort(key=lambda t: t.pid)
    return out


def walk(ts, tt, depth=0):
    task = Task(ts, tt)
    printTask(task, depth)
    for c in children(ts):
        walk(c, tt, depth + 1)


def threads(tt):
    counts = defaultdict(int)
    for t in tt.allThreads():
        if (t.pid != t.tgid):
            counts[t.tgid] += 1
    for tgid, n in sorted(counts.items()):
        print("threads %d %d" % (tgid, n))


if (__name__ == "__main__"):
    op = OptionParser()
    op.add_option("-p", dest="Pid", default=0, type="int", action="store", help="this process only")
    op.add_option("-t", dest="Threads", default=0, action="store_true", help="count threads")
    (o, args) = op.parse_args()

    tt = TaskTable()
    if (o.Pid):
        t = tt.getByPid(o.Pid)
        if (t is None):
            print("There is no PID=%d" % o.Pid)
            sys.exit(1)
        walk(t.ts, tt)
    else:
        walk(readSymbol("init_task"), tt)
    if (o.Threads):
        threads(tt)
    if (not member_offset("struct task_struct", "real_parent") >= 0 or struct_size("struct task_struct") < 0):
        pylog.error("strange task_struct")
    print("Total %d" % total)
