# SPDX-License-Identifier: GPL-3.0-or-later
# Pending timers of each CPU, in the classic style.

from pykdump.API import *
from LinuxDump.percpu import *


def baseTimers(base):
    """All (expires, address, function) of a struct timer_base"""
    out = []
    vectors = base.vectors
    start = Addr(base, "vectors")
    for head in getFullBuckets(start, pointersize, len(vectors), 0):
        pass
    for index, first in getFullBucketsH(start, pointersize, len(vectors), 0):
        bucket = start + index * pointersize
        if (readPtr(bucket) != first):
            pylog.error("bucket has changed", hexl(bucket))
        for timer in hlist_for_each_entry("struct timer_list", readSU("struct hlist_head", bucket), "entry"):
            out.append((timer.expires, Addr(timer), timer.function))
    out.sort()
    return out


def printBases(cpu, addr):
    bases = readSUArray("struct timer_base", addr, 3)
    size = getSizeOf("struct timer_base")
    for i in range(len(bases)):
        base = bases[i]
        if (Addr(base) >= addr + member_limit or base.cpu != cpu):
            break
        print("CPU %d base %d %x clk=%d" % (cpu, i, base, base.clk))
        for expires, ta, func in baseTimers(base):
            sym, off = addr2sym(func, True)
            print("   %d %d %x %x %s" % (expires, sLong(expires - jiffies), ta, func, sym))


if (__name__ == "__main__"):
    jiffies = uLong(readSymbol("jiffies"))
    whole = whatis("timer_bases").ti
    member_limit = getSizeOf("struct timer_base") * (whole.dims[0] if whole.dims else 1)
    if (not is_percpu_symbol("timer_bases")):
        sys.exit("old kernel: no per-CPU bases")
    for cpu, addr in enumerate(get_cpu_var("timer_bases")):
        printBases(cpu, addr)
    hrtimers = 0
    for addr in get_cpu_var("hrtimer_bases"):
        for cb in readSU("struct hrtimer_cpu_base", addr).clock_base:
            if (cb.active.rb_root.rb_root.rb_node):
                hrtimers += 1
    print("jiffies %d clock bases with timers: %d HZ=%d" % (jiffies, hrtimers, HZ))
