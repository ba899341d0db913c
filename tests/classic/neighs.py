# SPDX-License-Identifier: GPL-3.0-or-later
# The tables of neighbours, in the classic style.

from pykdump.API import *
from LinuxDump.inet import neighbour

if (__name__ == "__main__"):
    v = sys.argv.count("-v")
    neighbour.print_neighbour_info(v)
    print("NUD %s" % dbits2str(neighbour.NUD.NUD_STALE | neighbour.NUD.NUD_PROBE, neighbour.NUD, 4))
