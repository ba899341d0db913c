# SPDX-License-Identifier: GPL-3.0-or-later
# The functions that netfilter calls, in the classic style.

from pykdump.API import *
from LinuxDump.inet import netfilter
from LinuxDump.inet.netfilter import *

if (__name__ == "__main__"):
    for n in range(5):
        print("HOOK %d %s" % (n, NF_HOOKS.value2key(n)))
    netfilter.nf()
