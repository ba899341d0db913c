# SPDX-License-Identifier: GPL-3.0-or-later
# Free memory of the zones and objects of slab caches, in the classic style.

from pykdump.API import *
from LinuxDump.kmem import parse_kmemf, print_Zone, check_kmemf
from LinuxDump.Slab import get_slab_addrs

if (__name__ == "__main__"):
    names = sys.argv[1:]
    if (names):
        for name in names:
            try:
                (alloc, free) = get_slab_addrs(name)
            except KeyError as val:
                print("NOSLAB", val)
                continue
            print("SLAB %s alloc=%d free=%d" % (name, len(alloc), len(free)))
            for a in alloc:
                print("   [%x]" % a)
            for a in free:
                print("    %x" % a)
        sys.exit(0)
    zones = parse_kmemf(exec_crash_command("kmem -f"))
    total = 0
    for zone in zones:
        pages = sum([area[4] for area in zone[2:]])
        print("ZONE %d %s free=%d" % (zone[0], zone[1], pages))
        total += pages
        if (pages):
            print_Zone(zone)
    print("TOTAL %d" % total)
    check_kmemf(zones)
