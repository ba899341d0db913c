# SPDX-License-Identifier: GPL-3.0-or-later
# Workqueues with something to do, in the classic style.

from pykdump.API import *
from LinuxDump.WorkQueues import *
from LinuxDump.trees import *


def inFlight(wq):
    total = 0
    for pwq in for_each_pwq(wq):
        for n in pwq.nr_in_flight:
            total += n
    return total


if (__name__ == "__main__"):
    op = OptionParser()
    op.add_option("-v", dest="Verbose", default=0, action="count")
    op.add_option("-n", dest="Name", default="", type="string", action="store")
    (o, args) = op.parse_args()
    if (not o.Name):
        print_all_workqueues(o.Verbose or 0)
        sys.exit(0)
    for wq in readSUListFromHead("workqueues", "list", "struct workqueue_struct"):
        if (wq.name != o.Name):
            continue
        print("WQ %x %s flags=%x unbound=%d" % (wq, wq.name, wq.flags, (wq.flags & WQ_UNBOUND) != 0))
        print("   in flight: %d" % inFlight(wq))
        for cpu in for_all_cpus():
            print("   CPU %d pwq=%x node=%d" % (cpu, get_pwq(wq, cpu), cpu_to_node(cpu)))
        seen = []
        for pwq in for_each_pwq(wq):
            if (pwq.pool in seen):
                continue
            seen.append(pwq.pool)
            print("   pool %d workers=%d" % (pwq.pool.id, len([w for w in for_each_pool_worker(pwq.pool)])))
            print_worklist(pwq.pool.worklist)
        print_wq_details(wq, 1)
    print("CPUs=%s none=%s" % (cpumask_to_cpulist(cpu_possible_mask), WORK_CPU_UNBOUND != WORK_CPU_NONE))
