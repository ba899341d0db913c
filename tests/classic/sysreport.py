# SPDX-License-Identifier: GPL-3.0-or-later
# A first look at a dump, mostly by parsing crash's own commands: in the classic style.

from pykdump.API import *
from LinuxDump.BTstack import exec_bt
from LinuxDump.sysctl import getCtlTables, getCtlData
from LinuxDump.block import get_gendisks, get_all_request_queues, decode_devt
from LinuxDump.crashhelper import run_crash_command
from LinuxDump.KernLocks import decode_mutex

LEVELS = CEnum("enum level { LOW = 1, MIDDLE, HIGH = 10 };")


def cmd(line):
    """crash.error carries what was printed so far"""
    try:
        return exec_crash_command(line)
    except crash.error as val:
        pylog.warning("failed:", line)
        return str(val)


def header(text):
    print(" " + text.center(40, "-"))


def general():
    header("system")
    for k in ("KERNEL", "CPUS", "NODENAME", "RELEASE", "MACHINE", "MEMORY", "TASKS", "LOAD AVERAGE"):
        try:
            print("%s=%s" % (k, sys_info[k]))
        except KeyError:
            pylog.info("no", k)
    if (sys_info.kernel < KernelRev("2.6.32")):
        sys.exit("too old")
    print("newer than 5.10: %s" % (sys_info.kernel >= KernelRev("5.10.0")))
    uts = readSymbol("init_uts_ns").name
    print("uts %s %s" % (uts.release, uts.nodename))


def processes():
    header("ps")
    counts = defaultdict(int)
    for l in cmd("ps").splitlines()[1:]:
        # A name may hold a line end
        m = re.match(r"[> ] *\d+ +\d+ +\d+ +[0-9a-f]+ +(\w\w) ", l)
        if (m):
            counts[m.group(1)] += 1
    for st in sorted(counts):
        print("state %s %d" % (st, counts[st]))
    for st in exec_bt("foreach UN bt"):
        print("UN %d %s %s" % (st.pid, st.cmd, bool(st.hasfunc("schedule"))))


def log():
    header("log")
    lines = cmd("log").splitlines()
    pattern = re.compile(r"Linux version (\S+)")
    for l in lines:
        m = pattern.search(l)
        if (m):
            print("booted %s" % m.group(1))
    print("lines %d" % len(lines))


def disks():
    for d in get_gendisks():
        maj, mnr = decode_devt(d.major << 20 | d.first_minor)
        print("disk %s %d:%d %s" % (d.disk_name, maj, mnr, d.queue in get_all_request_queues(d.disk_name)))


def interrupts():
    desc = [l.split() for l in cmd("irq").splitlines()[1:]]
    named = [w for w in desc if len(w) > 3 and w[3].startswith('"')]
    print("irqs %d" % len(named))


def locks():
    for name in ("cgroup_mutex", "rtnl_mutex"):
        if (symbol_exists(name)):
            decode_mutex(sym2addr(name))
    print(LEVELS[2], LEVELS.getByName("HIGH") if hasattr(LEVELS, "getByName") else "")


if (__name__ == "__main__"):
    begin = time.time()
    general()
    processes()
    log()
    disks()
    interrupts()
    locks()
    t = getCtlTables()
    for name in ("kernel.hostname", "kernel.pid_max", "vm.swappiness"):
        print("%s=%s" % (name, getCtlData(t[name])))
    print(print2columns("one\ntwo", "three\nfour"))
    bad = cmd("struct no_such_struct_at_all")
    print("bad: %s" % ("invalid" in bad))
    print("jiffies same: %s" % (run_crash_command("sym jiffies").split()[0] == "%x" % sym2addr("jiffies")))
    if (time.time() - begin > 100):
        pylog.warning("slow")
