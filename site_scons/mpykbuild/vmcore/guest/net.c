/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Creates interfaces, addresses, routes, neighbours and rules through rtnetlink. They send no packets later.
 */
#include "guest.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

unsigned if_nametoindex(const char *name); /* of net/if.h, which cannot be included together with linux/if.h */

struct request {
    struct nlmsghdr head;
    char body[1024];
};

static int route_socket = -1;

static void *reserve(struct request *request, size_t size)
{
    void *place = (char *)&request->head + NLMSG_ALIGN(request->head.nlmsg_len);

    request->head.nlmsg_len = NLMSG_ALIGN(request->head.nlmsg_len) + size;
    return place;
}

static void begin(struct request *request, int type, const void *fixed, size_t size)
{
    memset(request, 0, sizeof(*request));
    request->head.nlmsg_len = NLMSG_HDRLEN;
    request->head.nlmsg_type = type;
    request->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    memcpy(reserve(request, size), fixed, size);
}

static struct rtattr *put(struct request *request, int type, const void *data, size_t size)
{
    struct rtattr *attribute = reserve(request, RTA_LENGTH(size));

    attribute->rta_type = type;
    attribute->rta_len = RTA_LENGTH(size);
    if (size)
        memcpy(RTA_DATA(attribute), data, size);
    return attribute;
}

static struct rtattr *put_text(struct request *request, int type, const char *text)
{
    return put(request, type, text, strlen(text) + 1);
}

static struct rtattr *put_number(struct request *request, int type, uint32_t number)
{
    return put(request, type, &number, sizeof(number));
}

static void end_nest(struct request *request, struct rtattr *nest)
{
    nest->rta_len = (char *)&request->head + request->head.nlmsg_len - (char *)nest;
}

/* Add an attribute with an IPv4 or IPv6 address. `text` is the address as text. */
static void put_address(struct request *request, int type, int family, const char *text)
{
    unsigned char address[16];

    if (inet_pton(family, text, address) != 1)
        fail("bad address %s", text);
    put(request, type, address, family == AF_INET ? 4 : 16);
}

static void transact(struct request *request, const char *what)
{
    char reply[4096];
    const struct nlmsghdr *head = (const void *)reply;
    const struct nlmsgerr *result = NLMSG_DATA(head);

    must(send(route_socket, request, request->head.nlmsg_len, 0), what);
    must(recv(route_socket, reply, sizeof(reply), 0), what);
    errno = -result->error;
    if (head->nlmsg_type == NLMSG_ERROR && result->error)
        may(-1, what);
}

static unsigned index_of(const char *name)
{
    return name ? if_nametoindex(name) : 0;
}

/*
 * Begin a request for a new link and return its open nest IFLA_LINKINFO. The caller may add a nest IFLA_INFO_DATA with
 * the data of this kind of link, and then ends both nests.
 */
static struct rtattr *begin_link(struct request *request, const char *name, const char *kind, const char *lower)
{
    struct ifinfomsg info = {0}; /* the link is down: a veth cannot be up before it has its peer */
    struct rtattr *nest;

    begin(request, RTM_NEWLINK, &info, sizeof(info));
    put_text(request, IFLA_IFNAME, name);
    if (lower)
        put_number(request, IFLA_LINK, index_of(lower));
    nest = put(request, IFLA_LINKINFO, NULL, 0);
    put_text(request, IFLA_INFO_KIND, kind);
    return nest;
}

static void add_link(const char *name, const char *kind)
{
    struct request request;

    end_nest(&request, begin_link(&request, name, kind, NULL));
    transact(&request, name);
}

static void add_vlan(const char *name, const char *lower, uint16_t number)
{
    struct request request;
    struct rtattr *outer = begin_link(&request, name, "vlan", lower);
    struct rtattr *inner = put(&request, IFLA_INFO_DATA, NULL, 0);

    put(&request, IFLA_VLAN_ID, &number, sizeof(number));
    end_nest(&request, inner);
    end_nest(&request, outer);
    transact(&request, name);
}

static void add_veth(const char *name, const char *peer)
{
    struct request request;
    struct ifinfomsg info = {0};
    struct rtattr *outer = begin_link(&request, name, "veth", NULL);
    struct rtattr *inner = put(&request, IFLA_INFO_DATA, NULL, 0);
    struct rtattr *other = put(&request, VETH_INFO_PEER, &info, sizeof(info));

    put_text(&request, IFLA_IFNAME, peer);
    end_nest(&request, other);
    end_nest(&request, inner);
    end_nest(&request, outer);
    transact(&request, name);
}

/* Change an existing link: up or down, MTU, alias, bridge. 0 and NULL mean no change. */
static void set_link(const char *name, bool up, uint32_t mtu, const char *alias, const char *master)
{
    struct request request;
    struct ifinfomsg info = {.ifi_index = index_of(name), .ifi_flags = up ? IFF_UP : 0, .ifi_change = IFF_UP};

    begin(&request, RTM_NEWLINK, &info, sizeof(info));
    request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
    if (mtu)
        put_number(&request, IFLA_MTU, mtu);
    if (alias)
        put_text(&request, IFLA_IFALIAS, alias);
    if (master)
        put_number(&request, IFLA_MASTER, index_of(master));
    transact(&request, name);
}

static void add_address(const char *link, int family, const char *address, int bits)
{
    struct request request;
    struct ifaddrmsg info = {.ifa_family = family, .ifa_prefixlen = bits, .ifa_index = index_of(link)};

    if (family == AF_INET6)
        info.ifa_flags = IFA_F_NODAD;
    begin(&request, RTM_NEWADDR, &info, sizeof(info));
    put_address(&request, IFA_LOCAL, family, address);
    put_address(&request, IFA_ADDRESS, family, address);
    transact(&request, address);
}

struct route {
    int family, type, bits, table;
    const char *to, *gateway, *link;
    uint32_t metric;
};

static void add_route(const struct route *route)
{
    struct request request;
    struct rtmsg info = {
        .rtm_family = route->family, .rtm_dst_len = route->bits, .rtm_table = route->table, .rtm_type = route->type,
        .rtm_protocol = RTPROT_STATIC, .rtm_scope = route->gateway || !route->link ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
    };

    begin(&request, RTM_NEWROUTE, &info, sizeof(info));
    if (route->bits)
        put_address(&request, RTA_DST, route->family, route->to);
    if (route->gateway)
        put_address(&request, RTA_GATEWAY, route->family, route->gateway);
    if (route->link)
        put_number(&request, RTA_OIF, index_of(route->link));
    if (route->metric)
        put_number(&request, RTA_PRIORITY, route->metric);
    transact(&request, route->to);
}

static void add_neighbour(const char *link, int family, const char *address, const unsigned char *hardware)
{
    struct request request;
    struct ndmsg info = {.ndm_family = family, .ndm_ifindex = index_of(link), .ndm_state = NUD_PERMANENT};

    begin(&request, RTM_NEWNEIGH, &info, sizeof(info));
    put_address(&request, NDA_DST, family, address);
    put(&request, NDA_LLADDR, hardware, 6);
    transact(&request, address);
}

static void add_rule(void)
{
    struct request request;
    struct fib_rule_hdr info = {.family = AF_INET, .src_len = 24, .action = FR_ACT_TO_TBL, .table = 100};

    begin(&request, RTM_NEWRULE, &info, sizeof(info));
    put_address(&request, FRA_SRC, AF_INET, "10.1.0.0");
    put_number(&request, FRA_PRIORITY, 1000);
    transact(&request, "a routing rule");
}

static void add_tap(void)
{
    struct ifreq wanted = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    int tun;

    tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    if (may(tun, "open /dev/net/tun") < 0)
        return;
    strcpy(wanted.ifr_name, "tap7");
    may(ioctl(tun, TUNSETIFF, &wanted), "make tap7");
    may(ioctl(tun, TUNSETPERSIST, 1), "keep tap7");
    close(tun);
}

static void add_links(void)
{
    /* No packets may be sent later, so there are no solicitations and no automatic link-local addresses. */
    must(write_file("/proc/sys/net/ipv6/conf/default/router_solicitations", "0"), "router_solicitations");
    must(write_file("/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1"), "addr_gen_mode");
    must(write_file("/proc/sys/net/ipv6/conf/dummy0/addr_gen_mode", "1"), "addr_gen_mode");
    set_link("lo", true, 0, NULL, NULL);
    set_link("dummy0", true, 0, NULL, NULL); /* the module "dummy" has created this one */
    add_link("dummy1", "dummy");
    add_link("fifteen-chars-i", "dummy");
    add_link("bridge0", "bridge");
    add_veth("veth-a", "veth-b");
    add_vlan("dummy0.42", "dummy0", 42);
    add_tap();
    set_link("dummy1", true, 9000, "an alias of dummy1", NULL);
    set_link("bridge0", true, 0, NULL, NULL);
    set_link("veth-a", true, 0, NULL, "bridge0");
    set_link("veth-b", true, 0, NULL, NULL);
    set_link("dummy0.42", true, 0, NULL, NULL);
}

static void add_routes(void)
{
    static const struct route routes[] = {
        {AF_INET, RTN_UNICAST, 0, RT_TABLE_MAIN, "0.0.0.0", "10.0.0.254", "dummy0", 0},
        {AF_INET, RTN_UNICAST, 16, RT_TABLE_MAIN, "172.16.0.0", "10.1.0.254", "dummy1", 50},
        {AF_INET, RTN_UNICAST, 32, RT_TABLE_MAIN, "172.16.5.5", NULL, "dummy1", 0},
        {AF_INET, RTN_BLACKHOLE, 24, RT_TABLE_MAIN, "192.0.2.0", NULL, NULL, 0},
        {AF_INET, RTN_UNREACHABLE, 24, RT_TABLE_MAIN, "198.51.100.0", NULL, NULL, 0},
        {AF_INET, RTN_PROHIBIT, 25, RT_TABLE_MAIN, "203.0.113.128", NULL, NULL, 7},
        {AF_INET, RTN_UNICAST, 0, 100, "0.0.0.0", "10.1.0.1", "dummy1", 0},
        {AF_INET6, RTN_UNICAST, 48, RT_TABLE_MAIN, "2001:db8:1::", "fd00::fe", "dummy0", 0},
        {AF_INET6, RTN_BLACKHOLE, 48, RT_TABLE_MAIN, "2001:db8:2::", NULL, "lo", 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
        add_route(&routes[i]);
}

void create_interfaces(void)
{
    static const unsigned char one[6] = {2, 0, 0, 0, 0, 1}, two[6] = {2, 0, 0, 0, 0, 2};

    route_socket = must(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "open a routing socket");
    add_links();
    add_address("dummy0", AF_INET, "10.0.0.1", 24);
    add_address("dummy0", AF_INET, "10.0.0.2", 24);
    add_address("dummy0", AF_INET6, "fd00::1", 64);
    add_address("dummy0", AF_INET6, "fe80::42", 64);
    add_address("dummy1", AF_INET, "10.1.0.253", 24);
    add_address("dummy0.42", AF_INET, "10.42.0.1", 16);
    add_address("bridge0", AF_INET, "10.9.9.1", 30);
    add_routes();
    add_rule();
    add_neighbour("dummy0", AF_INET, "10.0.0.254", one);
    add_neighbour("dummy0", AF_INET, "10.0.0.77", two);
    add_neighbour("dummy0", AF_INET6, "fd00::fe", two);
    close(route_socket);
}
