# SPDX-License-Identifier: GPL-3.0-or-later
# Memory zones with watermarks and counters, in the classic style.

from pykdump.API import *

WMARK = EnumInfo("enum zone_watermarks")
STATS = EnumInfo("enum zone_stat_item")


def nodes():
    nd = readSymbol("node_data")
    # declared without a length
    count = readSymbol("nr_node_ids") if symbol_exists("nr_node_ids") else 1
    for i in range(count):
        if (long(nd[i])):
            yield readSU("struct pglist_data", nd[i])


def pages2s(n):
    return "%.1f Mb" % (n * PAGESIZE / 1024. / 1024)


def freePages(zone):
    out = []
    for order, area in enumerate(zone.free_area):
        out.append(int(area.nr_free))
    return sum([n << i for i, n in enumerate(out)]), out


def printZone(pgdat, i, zone):
    name = zone.name
    print("NODE %d ZONE %d %x %s spanned=%d present=%d" % (pgdat.node_id, i, zone, name, zone.spanned_pages,
                                                           zone.present_pages))
    if (not zone.present_pages):
        return
    marks = [long(zone._watermark[WMARK[n]]) + zone.watermark_boost for n in ("WMARK_MIN", "WMARK_LOW", "WMARK_HIGH")]
    print("   MIN/LOW/HIGH %d/%d/%d" % tuple(marks))
    for k, v in sorted(STATS.items(), key=lambda e: e[1]):
        if (k == "NR_VM_ZONE_STAT_ITEMS"):
            continue
        print("   %s: %d" % (k, atomic_t(zone.vm_stat[v])))
    total, orders = freePages(zone)
    print("   buddy %d %s" % (total, pages2s(total)))
    if (orders != [a.nr_free for a in zone.free_area]):
        pylog.error("changed while we looked")


if (__name__ == "__main__"):
    si = getStructInfo("struct zone")
    if (debug):
        print(si.shortstr())
    for pgdat in nodes():
        zones = pgdat.node_zones
        for i, zone in enumerate(zones):
            printZone(pgdat, i, zone)
            if (zone.zone_pgdat != pgdat or Addr(zone) != Addr(pgdat) + member_offset("struct pglist_data", "node_zones")
                    + i * struct_size("struct zone")):
                pylog.error("zone is not of its node")
    print("PAGESIZE %d total=%d" % (PAGESIZE, readSymbol("_totalram_pages").counter))
