/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Creates sockets of all kinds that a plain kernel has. For each kind a sleeping process of that name keeps them open.
 */
#include "addresses.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PAIRS 4

/* Listening sockets. One of them has connections that are not accepted. */
static void tcp_listeners(void *unused)
{
    int full = open_bound(AF_INET, SOCK_STREAM, "127.0.0.1", 7001);

    (void)unused;
    must(listen(full, 5), "listen");
    must(listen(open_bound(AF_INET, SOCK_STREAM, "0.0.0.0", 7002), 128), "listen");
    must(listen(open_bound(AF_INET6, SOCK_STREAM, "::1", 7003), 16), "listen");
    must(listen(open_bound(AF_INET6, SOCK_STREAM, "::", 7004), 16), "listen");
    open_bound(AF_INET, SOCK_STREAM, "10.0.0.1", 7005); /* bound, not listening */
    for (int i = 0; i < 3; i++)
        connect_to(AF_INET, SOCK_STREAM, "127.0.0.1", 7001);
    keep();
}

/* Established connections, with data that is not read. */
static void tcp_established(void *unused)
{
    int four = open_bound(AF_INET, SOCK_STREAM, "127.0.0.1", 7010);
    int six = open_bound(AF_INET6, SOCK_STREAM, "::1", 7011);
    int yes = 1;

    (void)unused;
    must(listen(four, 16) | listen(six, 16), "listen");
    for (int i = 0; i < PAIRS; i++) {
        int client = connect_to(AF_INET, SOCK_STREAM, "127.0.0.1", 7010);
        int server = must(accept(four, NULL, NULL), "accept");

        fill(client, 100 + 1000 * i);
        if (i % 2)
            fill(server, 77);
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    }
    fill(connect_to(AF_INET6, SOCK_STREAM, "::1", 7011), 4321);
    must(accept(six, NULL, NULL), "accept");
    keep();
}

/* FIN_WAIT2 and CLOSE_WAIT (both sides of a half-closed connection), SYN_SENT to an address without host, TIME_WAIT. */
static void tcp_states(void *unused)
{
    int listener = open_bound(AF_INET, SOCK_STREAM, "127.0.0.1", 7020);
    int client, server;

    (void)unused;
    must(listen(listener, 16), "listen");
    client = connect_to(AF_INET, SOCK_STREAM, "127.0.0.1", 7020);
    must(accept(listener, NULL, NULL), "accept");
    must(shutdown(client, SHUT_WR), "shutdown");
    client = connect_to(AF_INET, SOCK_STREAM, "127.0.0.1", 7020);
    server = must(accept(listener, NULL, NULL), "accept");
    close(client);
    close(server);
    begin_connect(AF_INET, "10.0.0.77", 9);
    keep();
}

static void udp(void *unused)
{
    int sender;

    (void)unused;
    open_bound(AF_INET, SOCK_DGRAM, "127.0.0.1", 7101);
    sender = connect_to(AF_INET, SOCK_DGRAM, "127.0.0.1", 7101);
    fill(sender, 500);
    fill(sender, 0);
    connect_to(AF_INET6, SOCK_DGRAM, "::1", 7102);
    open_bound(AF_INET6, SOCK_DGRAM, "::1", 7103);
    open_bound(AF_INET, SOCK_DGRAM, "0.0.0.0", 7104);
    must(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), "a raw socket");
    must(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6), "a raw IPv6 socket");
    keep();
}

static struct sockaddr_un unix_address(const char *name, socklen_t *size)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);

    memcpy(address.sun_path, name, length);
    if (name[0] == '@')
        address.sun_path[0] = 0;
    *size = offsetof(struct sockaddr_un, sun_path) + length + (name[0] != '@');
    return address;
}

static int unix_socket(int type, const char *name, bool connecting)
{
    socklen_t size;
    struct sockaddr_un address = unix_address(name, &size);
    int fd = must(socket(AF_UNIX, type, 0), "a unix socket");

    must(connecting ? connect(fd, (void *)&address, size) : bind(fd, (void *)&address, size), name);
    return fd;
}

static void unix_sockets(void *unused)
{
    int listener = unix_socket(SOCK_STREAM, "/run/stream.sock", false);
    int pair[2];

    (void)unused;
    must(listen(listener, 8), "listen");
    fill(unix_socket(SOCK_STREAM, "/run/stream.sock", true), 333);
    unix_socket(SOCK_STREAM, "/run/stream.sock", true);
    must(accept(listener, NULL, NULL), "accept");
    must(listen(unix_socket(SOCK_SEQPACKET, "@abstract name", false), 8), "listen");
    unix_socket(SOCK_DGRAM, "/run/name with blank.sock", false);
    fill(unix_socket(SOCK_DGRAM, "/run/name with blank.sock", true), 42);
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
    fill(pair[0], 10);
    keep();
}

static void link_sockets(void *unused)
{
    struct sockaddr_nl groups = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_ROUTE};
    int route = must(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), "a netlink socket");
    struct sockaddr_ll link = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ARP), .sll_ifindex = 1};
    int packet = must(socket(AF_PACKET, SOCK_DGRAM, 0), "a packet socket");

    (void)unused;
    must(bind(route, (void *)&groups, sizeof(groups)), "bind a netlink socket");
    must(socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT), "a netlink socket");
    must(bind(packet, (void *)&link, sizeof(link)), "bind a packet socket");
    keep();
}

void create_sockets(void)
{
    spawn("tcp-listeners", tcp_listeners, NULL);
    spawn("tcp-established", tcp_established, NULL);
    spawn("tcp-states", tcp_states, NULL);
    spawn("udp", udp, NULL);
    spawn("unix-sockets", unix_sockets, NULL);
    spawn("link-sockets", link_sockets, NULL);
}
