# SPDX-License-Identifier: GPL-3.0-or-later
# Network interfaces with their addresses, and sockets, in the classic style.

from pykdump.API import *
from LinuxDump.inet import *
from LinuxDump.inet import proto, netdevice
from LinuxDump.inet.proto import P_FAMILIES, PROTONAMES
from LinuxDump.inet.netdevice import dev_base_list

IFF = CDefine('''
#define IFF_UP          0x1
#define IFF_BROADCAST   0x2
#define IFF_LOOPBACK    0x8
#define IFF_POINTOPOINT 0x10
#define IFF_RUNNING     0x40
#define IFF_NOARP       0x80
#define IFF_PROMISC     0x100
#define IFF_MULTICAST   0x1000
''')
KNOWN = reduce = 0
for v in IFF.values():
    KNOWN |= v


def addr4(dev):
    out = []
    ind = readSU("struct in_device", dev.ip_ptr) if dev.ip_ptr else None
    ifa = ind and ind.ifa_list
    while (ifa):
        out.append(ntodots(ifa.ifa_address))
        ifa = ifa.ifa_next
    return out


def addr6(dev):
    out = []
    if (not dev.ip6_ptr):
        return out
    idev = readSU("struct inet6_dev", dev.ip6_ptr)
    for ifa in readSUListFromHead(Addr(idev, "addr_list"), "if_list", "struct inet6_ifaddr"):
        out.append(ntodots6(ifa.addr))
    return out


def socketsByFamily():
    counts = defaultdict(int)
    for slot, name in ((proto.get_TCP_LISTEN, "LISTEN"), (proto.get_UDP, "UDP"), (proto.get_AF_UNIX, "UNIX")):
        for s in slot():
            counts[name] += 1
    for k in sorted(counts):
        print("sockets %s %d" % (k, counts[k]))


def listening():
    for s in proto.get_TCP_LISTEN():
        sk = readSU("struct sock", s)
        isk = s.castTo("struct inet_sock")
        fam = P_FAMILIES.value2key(sk.__sk_common.skc_family)
        port = le16_to_cpu(ntohs(isk.inet_sport))
        print("listen %s %s %d %x" % (fam, PROTONAMES.get(sk.sk_protocol, sk.sk_protocol), port, Addr(s)))


if (__name__ == "__main__"):
    op = OptionParser()
    op.add_option("-s", dest="Socks", default=False, action="store_true")
    (o, args) = op.parse_args()
    once = TrueOnce(1)
    for dev in dev_base_list():
        if (once):
            print("---- interfaces of %s ----" % sys_info.NODENAME)
        flags = dbits2str(dev.flags & KNOWN, IFF, 4)
        mac = netdevice.hwaddr2str(readmem(dev.dev_addr, dev.addr_len), dev.addr_len) if dev.addr_len else "-"
        print("%x %s mtu=%d %s flags=%s" % (Addr(dev), dev.name, dev.mtu, mac, flags))
        print("    ip: %s" % ", ".join(addr4(dev) + addr6(dev)))
        if (struct_exists("struct net_device") and not enumerator_value("NETREG_REGISTERED") == dev.reg_state):
            pylog.warning("not registered", dev.name)
    if (o.Socks):
        listening()
        socketsByFamily()
