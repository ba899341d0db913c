# SPDX-License-Identifier: GPL-3.0-or-later
# Uninterruptible threads and the locks given on the command line, in the classic style.

from pykdump.API import *

from LinuxDump.Analysis import (print_wait_for_AF_UNIX, print_pidlist,
                                check_possible_hang, check_memory_pressure,
                                check_hanging_nfsd, check_saphana)
from LinuxDump.BTstack import exec_bt, fastSubroutineStacks, verifyFastSet
from LinuxDump.KernLocks import *
from LinuxDump.Tasks import TaskTable, TASK_STATE

T_table = TaskTable()


def getUN():
    """TIDs of all uninterruptible threads"""
    out = set()
    for t in T_table.allThreads():
        if (t.state == "TASK_UNINTERRUPTIBLE"):
            out.add(t.pid)
    return out


def inFunction(helper, funcs, pids):
    """Those of pids that really have one of the functions on the stack"""
    found = helper.find_pids_byfuncname(funcs) & pids
    verifyFastSet(found, funcs.replace(" ", ""))
    return found


def printLock(kind, addr):
    if (kind == "mutex"):
        decode_mutex(addr)
        lock = readSU("struct mutex", addr)
        print("waiters %d locked=%d" % (len(get_mutex_waiters(addr)), spin_is_locked(lock.wait_lock)))
    elif (kind == "rwsem"):
        decode_rwsemaphore(addr)
        print("waiters %d" % len(get_rwsemaphore_tasks(addr)))
    else:
        for pid, comm in decode_semaphore(addr, 0):
            print("semaphore waiter %d %s" % (pid, comm))


if (__name__ == "__main__"):
    pids = getUN()
    helper = fastSubroutineStacks()
    print("UN", *sorted(pids))
    print_pidlist(pids, title="UN threads: ", maxpids=6)
    print_pidlist(pids, verbose=True, maxpids=4, sortbytime=False)
    for name, funcs in (("mutex", "__mutex_lock | __mutex_lock.constprop.0"),
                        ("percpu", "percpu_rwsem_wait")):
        print("IN", name, *sorted(inFunction(helper, funcs, pids)))
    for arg in sys.argv[1:]:
        kind, _, addr = arg.partition("=")
        printLock(kind, long(addr, 16))
    print("old %d pressure=%s nfsd=%s sap=%d" % (check_possible_hang(),
          bool(check_memory_pressure(helper.find_pids_byfuncname)),
          check_hanging_nfsd(helper.find_pids_byfuncname), check_saphana()))
    print_wait_for_AF_UNIX(1)
