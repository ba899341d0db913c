# SPDX-License-Identifier: GPL-3.0-or-later
# File locks, and who has them, in the classic style.

from pykdump.API import *
from LinuxDump.flock import print_locks, FL_flags, FL_types
from LinuxDump.pci import *

if (__name__ == "__main__"):
    if (len(sys.argv) > 1 and sys.argv[1] == "-pci"):
        print_PCI_devices(0)
        print_PCI_resources()
        sys.exit(0)
    print("flags %s" % dbits2str(3, FL_flags))
    print("types %d %d" % (FL_types.F_RDLCK, FL_types.F_WRLCK))
    print_locks()
