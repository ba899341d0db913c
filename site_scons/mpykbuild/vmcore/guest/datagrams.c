/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Creates sockets of the protocols beside TCP and UDP, and sockets in other network namespaces.
 */
#include "addresses.h"

#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/vm_sockets.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef VMADDR_CID_LOCAL
#define VMADDR_CID_LOCAL 1
#endif
#define VSOCK_PORT 9001

/* netem keeps these packets on the device in-vrf for minutes. */
static void queue_packets(void)
{
    union address to = address_of(AF_INET, "10.30.0.77", 7213);
    int fd = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");

    may(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "in-vrf", 7), "SO_BINDTODEVICE");
    for (int i = 0; i < 3; i++)
        may(sendto(fd, "queued", 6, 0, &to.any, sizeof(to)), "send on in-vrf");
}

/* Return a bound socket of a protocol that some kernels do not have, or a negative number. */
static int bound_of(int family, int type, int protocol, const char *text, int port)
{
    union address address = address_of(family, text, port);
    int fd = may(socket(family, type, protocol), "open a socket of another protocol");

    if (fd >= 0)
        may(bind(fd, &address.any, sizeof(address)), text);
    return fd;
}

static void connect_back(int fd, int family, const char *text, int port)
{
    union address address = address_of(family, text, port);

    if (fd >= 0)
        may(connect(fd, &address.any, sizeof(address)), text);
}

static void udp_lite(void *unused)
{
    int receiver = bound_of(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE, "127.0.0.1", 7201);
    int sender = bound_of(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE, "127.0.0.1", 7202);

    (void)unused;
    bound_of(AF_INET6, SOCK_DGRAM, IPPROTO_UDPLITE, "::1", 7203);
    connect_back(sender, AF_INET, "127.0.0.1", 7201);
    if (receiver >= 0 && sender >= 0)
        fill(sender, 123);
    keep();
}

/* UDP with several queued packets on IPv6, one socket for each SO_REUSEPORT, and a multicast group. */
static void udp_groups(void *unused)
{
    struct ip_mreq group = {.imr_multiaddr.s_addr = htonl(0xe0000742), .imr_interface.s_addr = htonl(0x0a000001)};
    int receiver = open_bound(AF_INET6, SOCK_DGRAM, "::1", 7210);
    int sender = connect_to(AF_INET6, SOCK_DGRAM, "::1", 7210);
    int yes = 1;

    (void)unused;
    for (int i = 1; i <= 4; i++)
        fill(sender, 100 * i);
    must(setsockopt(receiver, SOL_SOCKET, SO_BROADCAST, &yes, sizeof(yes)), "SO_BROADCAST");
    for (int i = 0; i < 2; i++) {
        union address address = address_of(AF_INET, "0.0.0.0", 7211);
        int fd = must(socket(AF_INET, SOCK_DGRAM, 0), "socket");

        must(setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes)), "SO_REUSEPORT");
        must(bind(fd, &address.any, sizeof(address)), "bind");
        may(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)), "join a group");
    }
    /* Nobody answers for this address, so the packet waits in the queue of an incomplete neighbour. */
    fill(connect_to(AF_INET, SOCK_DGRAM, "10.77.0.98", 7212), 10);
    /* A packet to a stale neighbour begins its state DELAY. */
    fill(connect_to(AF_INET, SOCK_DGRAM, "10.77.0.97", 7212), 10);
    queue_packets();
    keep();
}

static void raw_and_ping(void *unused)
{
    union address ping = address_of(AF_INET, "127.0.0.1", 4711);
    int fd = may(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), "a ping socket");

    (void)unused;
    if (fd >= 0)
        may(bind(fd, &ping.any, sizeof(ping)), "bind a ping socket");
    bound_of(AF_INET, SOCK_RAW, IPPROTO_UDP, "127.0.0.1", 0);
    bound_of(AF_INET6, SOCK_RAW, 89, "::1", 0);
    keep();
}

static void mptcp_and_sctp(void *unused)
{
    int mptcp = bound_of(AF_INET, SOCK_STREAM, IPPROTO_MPTCP, "127.0.0.1", 7220);
    int client = may(socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), "open an MPTCP socket");
    int sctp = bound_of(AF_INET, SOCK_STREAM, IPPROTO_SCTP, "127.0.0.1", 7221);

    (void)unused;
    if (mptcp >= 0 && may(listen(mptcp, 8), "listen") == 0 && client >= 0) {
        connect_back(client, AF_INET, "127.0.0.1", 7220);
        must(accept(mptcp, NULL, NULL), "accept");
        fill(client, 99);
    }
    if (sctp >= 0)
        may(listen(sctp, 8), "listen");
    keep();
}

static void vsock(void *unused)
{
    struct sockaddr_vm any = {.svm_family = AF_VSOCK, .svm_port = VSOCK_PORT, .svm_cid = VMADDR_CID_ANY};
    struct sockaddr_vm local = {.svm_family = AF_VSOCK, .svm_port = VSOCK_PORT, .svm_cid = VMADDR_CID_LOCAL};
    int listener = may(socket(AF_VSOCK, SOCK_STREAM, 0), "open a vsock socket");
    int client = listener < 0 ? -1 : socket(AF_VSOCK, SOCK_STREAM, 0);

    (void)unused;
    if (client < 0 || may(bind(listener, (void *)&any, sizeof(any)) || listen(listener, 4), "bind vsock"))
        keep();
    if (may(connect(client, (void *)&local, sizeof(local)), "connect vsock") == 0) {
        must(accept(listener, NULL, NULL), "accept");
        fill(client, 64);
    }
    keep();
}

static void unix_queues(void *unused)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/full.sock"};
    int listener = must(socket(AF_UNIX, SOCK_STREAM, 0), "a unix socket"), pair[2];

    (void)unused;
    must(bind(listener, (void *)&address, sizeof(address)) | listen(listener, 2), address.sun_path);
    for (int i = 0; i < 3; i++)
        must(connect(must(socket(AF_UNIX, SOCK_STREAM, 0), "socket"), (void *)&address, sizeof(address)), "connect");
    must(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), "socketpair");
    fill(pair[0], 21);
    fill(pair[0], 22);
    must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), "socketpair");
    fill_up(pair[1]);
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) | shutdown(pair[0], SHUT_WR), "shutdown");
    must(socket(AF_UNIX, SOCK_STREAM, 0), "an unbound socket");
    keep();
}

/* A sniffer that nobody reads, and sockets of several netlink protocols. */
static void packet_and_netlink(void *unused)
{
    static const int protocols[] = {NETLINK_GENERIC, NETLINK_NETFILTER, NETLINK_SOCK_DIAG, NETLINK_AUDIT};
    struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
    int packet = must(socket(AF_PACKET, SOCK_RAW, 0), "a packet socket");

    (void)unused;
    link.sll_ifindex = if_nametoindex("dummy0");
    must(bind(packet, (void *)&link, sizeof(link)), "bind a packet socket");
    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++)
        may(socket(AF_NETLINK, SOCK_RAW, protocols[i]), "a netlink socket");
    keep();
}

/* A process that lives in another namespace, and has a socket of the first one. */
static void in_network(void *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener;

    enter_network(name);
    listener = open_bound(AF_INET, SOCK_STREAM, "127.0.0.1", 7001);
    must(listen(listener, 3), "listen");
    fill(connect_to(AF_INET, SOCK_STREAM, "127.0.0.1", 7001), 55);
    open_bound(AF_INET6, SOCK_DGRAM, "::", 7402);
    strcpy(address.sun_path + 1, "abstract in a namespace");
    must(bind(must(socket(AF_UNIX, SOCK_DGRAM, 0), "socket"), (void *)&address, sizeof(address)), "bind");
    must(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), "a netlink socket");
    must(socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ARP)), "a packet socket");
    keep();
}

void create_datagrams(void)
{
    spawn("udp-lite", udp_lite, NULL);
    spawn("udp-groups", udp_groups, NULL);
    spawn("raw-and-ping", raw_and_ping, NULL);
    spawn("mptcp-and-sctp", mptcp_and_sctp, NULL);
    spawn("vsock", vsock, NULL);
    spawn("unix-queues", unix_queues, NULL);
    spawn("packet-netlink", packet_and_netlink, NULL);
    spawn("in-blue", in_network, "blue");
    spawn("in-green", in_network, "green");
}
