# SPDX-License-Identifier: GPL-3.0-or-later
# Routing tables and policy rules, in the classic style.

from pykdump.API import *
from LinuxDump.inet import *
from LinuxDump.inet.routing import *
from LinuxDump.inet import routing


def procNetRoute(t):
    for e in get_fib_entries(t):
        if (e.fa.fa_type == RTN.RTN_THROW):
            continue
        print("%s\t%08X\t%08X\t%04X\t0\t0\t%d\t%08X\t%d\t0\t0" % \
              (e.dev, e.dest, e.gw, e.flags, e.metric, e.mask, e.mtu))


if (__name__ == "__main__"):
    if ("-p" in sys.argv):
        for t in get_fib_tables():
            procNetRoute(t)
    elif ("-r" in sys.argv):
        print_fib_rules()
    elif ("-c" in sys.argv):
        routing.print_rt_hash()
    elif ("-a" in sys.argv):
        print_fib(True, 1)
    else:
        print_fib()
        print("gateways %d" % sum(bool(e.flags & RTF.RTF_GATEWAY) for t in get_fib_tables() for e in get_fib_entries(t)))
        print(ntodots(inet_make_mask(22)), flags2str(RTF.RTF_UP | RTF.RTF_HOST), RTAX.RTAX_ADVMSS, RTN[RTN.RTN_THROW])
