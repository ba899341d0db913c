# SPDX-License-Identifier: GPL-3.0-or-later
# What runs and what waits for a CPU, in the classic style.

from pykdump.API import *
from LinuxDump import percpu
from LinuxDump.Tasks import TaskTable, getRunQueues, Task
from LinuxDump.trees import for_all_rbtree

structSetAttr("struct rq", "Nr", ["nr_running"])


def cfsTasks(rq):
    out = []
    root = rq.cfs.tasks_timeline
    for se in for_all_rbtree(root, "struct sched_entity", "run_node"):
        # group entities have a queue of their own
        if (se.hasField("my_q") and se.my_q):
            out.extend(groupTasks(se.my_q))
            continue
        out.append(container_of(se, "struct task_struct", "se"))
    return out


def groupTasks(cfs):
    out = []
    for se in for_all_rbtree(cfs.tasks_timeline, "struct sched_entity", "run_node"):
        if (se.hasField("my_q") and se.my_q):
            out.extend(groupTasks(se.my_q))
        else:
            out.append(container_of(se, "struct task_struct", "se"))
    return out


def rtTasks(rq):
    out = []
    array = rq.rt.active
    for i, lh in enumerate(array.queue):
        if (LH_isempty(lh)):
            continue
        for rt in readSUListFromHead(Addr(lh), "run_list", "struct sched_rt_entity"):
            out.append((i, container_of(rt, "struct task_struct", "rt")))
    return out


if (__name__ == "__main__"):
    addrs = percpu.get_cpu_var("runqueues")
    rqs = getRunQueues()
    for cpu, rqa in enumerate(addrs):
        rq = readSU("struct rq", rqa)
        if (rq != rqs[cpu] or rq.cpu != cpu):
            pylog.error("runqueues disagree", hexl(rqa))
        curr = Deref(rq.curr)
        print("CPU %d rq=%x curr=%d %x %s" % (cpu, long(rq), curr.pid, Addr(curr), curr.comm))
        for prio, t in rtTasks(rq):
            print("   RT %d %d %x %s" % (prio, t.pid, t, t.comm))
        for t in sorted(cfsTasks(rq), key=lambda t: t.pid):
            print("   CFS %d %d %x %s" % (t.prio, t.pid, t, t.comm))
        if (not is_task_active(curr)):
            print("   the current task is not active")
        print("   nr=%d switches=%d idle=%d" % (rq.Nr, rq.nr_switches, rq.idle.pid))
    info = EnumInfo("enum uclamp_id") if enumerator_value("UCLAMP_MIN") is not None else {}
    print("names %s" % ",".join(sorted(info)))
    tt = TaskTable()
    oldest = max(t.Ran_ago for t in tt.allTasks() if t.pid)
    print("oldest %d s" % (oldest // 1000))
