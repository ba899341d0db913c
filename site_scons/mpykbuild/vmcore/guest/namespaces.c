/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Makes two network namespaces, "blue" and "green", in the manner of `ip netns add`, and lets a task enter them.
 */
#include "guest.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#define DAY "86400" /* seconds */

int enter_network(const char *name)
{
    int own = must(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "open the own network namespace");
    char path[64];
    int other;

    snprintf(path, sizeof(path), "/run/netns/%s", name);
    other = must(open(path, O_RDONLY | O_CLOEXEC), path);
    must(setns(other, CLONE_NEWNET), path);
    close(other);
    return own;
}

void leave_network(int own)
{
    must(setns(own, CLONE_NEWNET), "return to the own network namespace");
    close(own);
}

/* Write the sysctls that keep a namespace still: no packets of its own, and states that do not end during a test. */
static void calm(void)
{
    static const char *const rows[][2] = {
        {"/proc/sys/net/ipv6/conf/default/router_solicitations", "0"},
        {"/proc/sys/net/ipv6/conf/default/addr_gen_mode", "1"},
        {"/proc/sys/net/ipv6/conf/default/accept_dad", "0"},
        {"/proc/sys/net/ipv4/tcp_syn_retries", "60"},
        {"/proc/sys/net/ipv4/tcp_synack_retries", "60"},
        {"/proc/sys/net/ipv4/tcp_orphan_retries", "60"},
        {"/proc/sys/net/ipv4/ping_group_range", "0 65535"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        may(write_file(rows[i][0], rows[i][1]), rows[i][0]);
}

/* Let neighbours stay in their states. Interfaces that are made later take the values of "default". */
static void keep_neighbours(void)
{
    static const char *const links[] = {"default", "dummy1"};
    static const char *const rows[][2] = {
        {"retrans_time_ms", DAY "000"}, {"base_reachable_time_ms", DAY "000"}, {"delay_first_probe_time", DAY}};
    char path[96];

    for (size_t i = 0; i < ARRAY_SIZE(links); i++)
        for (size_t row = 0; row < ARRAY_SIZE(rows); row++) {
            snprintf(path, sizeof(path), "/proc/sys/net/ipv4/neigh/%s/%s", links[i], rows[row][0]);
            must(write_file(path, rows[row][1]), path);
        }
}

void create_networks(void)
{
    static const char *const names[] = {"blue", "green"};
    char command[64];

    keep_neighbours();
    /* gre0, tunl0 and others would appear in each namespace */
    may(write_file("/proc/sys/net/core/fb_tunnels_only_for_init_net", "1"), "fb_tunnels_only_for_init_net");
    calm();
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        snprintf(command, sizeof(command), "ip netns add %s", names[i]);
        run_program(command);
        int own = enter_network(names[i]);
        calm();
        leave_network(own);
    }
    run_sections("/etc/mpyk/network");
}
