# SPDX-License-Identifier: GPL-3.0-or-later
# The clocks of the kernel, in the classic style.

from pykdump.API import *
from LinuxDump import Time
from LinuxDump.Time import *
from LinuxDump.Time import getboottime, get_ktime_t, ktime_t, set_normalized_timespec, tkr_time

if (__name__ == "__main__"):
    boot = getboottime()
    print("boot %d %09d" % (boot.tv_sec, boot.tv_nsec))
    print("since %d" % (Time.get_seconds() - boot.tv_sec - seconds_since_boot()))
    print("uptime %.2f" % get_uptime_fromcrash())
    print("last %d %d %d" % (get_ktime_j(), sched_clock(), ktime_t(readSymbol("last_jiffies_update"))))
    print("keeper %d" % tkr_time())
    print("host %s" % (Time.get_uptime_fromproc() > 0))
    print(set_normalized_timespec(5, -1), Time.timespec(1, 2).tv_nsec)
    print("delay %s" % j_delay(0, 10 * HZ))
    get_ktime_t()
