# SPDX-License-Identifier: GPL-3.0-or-later
# The devices of the device mapper, in the classic style.

from pykdump.API import *
from LinuxDump.Dev import print_dm_devices, decode_dm_table

if (__name__ == "__main__"):
    print_dm_devices("-v" in sys.argv)
