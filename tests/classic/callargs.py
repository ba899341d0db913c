# SPDX-License-Identifier: GPL-3.0-or-later
# Arguments and registers of the functions on a stack, in the classic style.

from pykdump.API import *
from LinuxDump.Analysis import get_tentative_arg, get_interesting_arguments
from LinuxDump.BTstack import exec_bt
from LinuxDump.fregsapi import search_for_registers, extract_registers, DisasmFlavor

pid = int(sys.argv[1])


def words(s):
    # all words of the stack: {address: word}
    start = min(f.frame for f in s.frames if f.frame)
    end = max(f.frame for f in s.frames if f.frame)
    data = readmem(start, end + 8 - start)
    return dict((start + i * 8, v) for (i, v) in enumerate(crash.mem2long(data, array=len(data) // 8)))


if (sys.argv[2] == "-s"):
    for (func, sname, addr) in get_interesting_arguments(pid, re.compile(sys.argv[3]), re.compile(sys.argv[4])):
        print("%s %s %x" % (func, sname, addr))
elif (sys.argv[2] == "-x"):
    with DisasmFlavor("att"):
        s = exec_bt("bt %d" % pid)[0]
        found = search_for_registers(s, re.compile(sys.argv[3]))
    stack = words(s)
    for f in found:
        known = f.reg
        f.reg = {}
        extract_registers(f, stack)
        print("%s from %s:" % (f.func, f.from_func.split()[-1]), *["%s=%x" % (r, f.reg[r][0]) for r in sorted(f.reg)])
else:
    for func in sys.argv[3:]:
        value = get_tentative_arg(pid, func, int(sys.argv[2]))
        print("%s %s" % (func, value if value is None else "%x" % value))
