# SPDX-License-Identifier: GPL-3.0-or-later
# Disks, their drivers and their requests, in the classic style.

from pykdump.API import *
from LinuxDump import Dev
from LinuxDump.Dev import *
from LinuxDump.sysfs import *

if (__name__ == "__main__"):
    if ("-r" in sys.argv):
        (count, inflight, rows) = get_blkreq_info()
        print("requests=%d in_flight=%d rows=%d" % (count, inflight, len(rows)))
        print("printed %d" % Dev.print_request_queues(0))
        print("slab %d" % print_request_slab(0))
        print("done %d" % print_blk_cpu_done(0))
        sys.exit(0)
    (drivers, bdevs) = get_blkdevs()
    for major in sorted(drivers):
        print("DRIVER %s" % drivers[major])
        print("   minors %s %s" % (drivers[major].minors, drivers[major].shortstr()))
    for dev in sorted(bdevs):
        (major, minor) = decode_devt(dev)
        bd = bdevs[dev]
        print("DEV %d:%d %x disk=%s" % (major, minor, bd, bd.bd_disk.disk_name))
    for dev, gd in get_gendisks():
        sd = gendev2sd(gd.part0.bd_device)
        print("SYS %s %s" % (gd.disk_name, sysfs_fullpath(sd)))
        parent = gd.part0.bd_device.parent
        if (parent):
            print("   holds %s" % blockdev_name(gendev2sd(parent)))
    for queue in get_request_queues():
        (bd, gd) = get_request_queues()[queue]
        (lq, inflight, count) = check_request_queue(get_requestqueue(bd, gd))
        print("QUEUE %x %s %d %d %d" % (queue, gd.disk_name, lq, inflight, count))
    print_blkdevs(1)
    print_gendisk(2)
    print(list_fill(",".join(str(m) for m in sorted(drivers)), 30))
