/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Brings TCP connections into each state. They lead to the namespace "blue" over vr0 and vb0. nftables drops the
 * packets to some ports, so that what waits for an answer waits for ever.
 */
#include "addresses.h"

#include <linux/tcp.h>
#include <unistd.h>

#define OPEN_PORT 7300 /* nothing is dropped */
#define LOSSY_PORT 7301 /* lose_packets() begins to drop what goes to this port of "blue" */
#define SMALL_PORT 7302 /* this listener has a small receive buffer */
#define NO_ANSWER_PORT 7303 /* what comes from this port of "blue" is dropped */
#define NO_REQUEST_PORT 7304 /* what goes to this port of "blue" is dropped */
#define FULL_PORT 7305 /* this listener of the own namespace never accepts */
#define SMALL_BUFFER 4608

/* The two ends of a connection: `near` is in the own namespace, `far` is in "blue". */
struct connection {
    int near, far;
};

struct side {
    int family;
    const char *far, *loopback;
    int open, lossy, small;
    struct connection lost, fin_wait1, orphan, last_ack, orphan_last_ack, closing;
};

static struct side sides[] = {
    {.family = AF_INET, .far = "10.77.0.2", .loopback = "127.0.0.1"},
    {.family = AF_INET6, .far = "fd77::2", .loopback = "::1"},
};

static int listen_on(const struct side *side, int port)
{
    int fd = open_bound(side->family, SOCK_STREAM, side->far, port);
    int size = SMALL_BUFFER;

    if (port == SMALL_PORT)
        must(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), "SO_RCVBUF");
    must(listen(fd, 64), "listen");
    return fd;
}

static void listen_far(void)
{
    int own = enter_network("blue");

    for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
        sides[i].open = listen_on(&sides[i], OPEN_PORT);
        sides[i].lossy = listen_on(&sides[i], LOSSY_PORT);
        sides[i].small = listen_on(&sides[i], SMALL_PORT);
        listen_on(&sides[i], NO_ANSWER_PORT);
        listen_on(&sides[i], NO_REQUEST_PORT);
    }
    leave_network(own);
}

static struct connection establish(const struct side *side, int listener, int port)
{
    struct connection made = {.near = connect_to(side->family, SOCK_STREAM, side->far, port)};

    made.far = must(accept(listener, NULL, NULL), "accept");
    return made;
}

/* What needs no lost packets: queued data, a closed window, keepalive, and a connection that one side has closed. */
static void without_loss(const struct side *side)
{
    int yes = 1, idle = 500;
    struct connection queued = establish(side, side->open, OPEN_PORT);
    struct connection full = establish(side, side->small, SMALL_PORT);
    struct connection alive = establish(side, side->open, OPEN_PORT);
    struct connection half = establish(side, side->open, OPEN_PORT);

    fill(queued.near, 1111);
    fill(queued.far, 2222);
    fill_up(full.near);
    must(setsockopt(alive.near, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes)), "SO_KEEPALIVE");
    must(setsockopt(alive.near, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle)), "TCP_KEEPIDLE");
    must(setsockopt(alive.near, IPPROTO_TCP, TCP_CONGESTION, "reno", 4), "TCP_CONGESTION");
    fill(half.near, 33);
    must(shutdown(half.far, SHUT_WR), "shutdown");
}

static void before_loss(struct side *side)
{
    struct connection *const all[] = {&side->lost,     &side->fin_wait1,       &side->orphan,
                                      &side->last_ack, &side->orphan_last_ack, &side->closing};

    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        *all[i] = establish(side, side->lossy, LOSSY_PORT);
    must(shutdown(side->last_ack.far, SHUT_WR), "shutdown");
    must(shutdown(side->orphan_last_ack.far, SHUT_WR), "shutdown");
}

static void lose_packets(void)
{
    usleep(300000); /* the last acknowledgements must arrive */
    run_program("ip netns exec blue nft add rule inet lossy input tcp dport 7301 "
                "counter drop");
}

/* The near side sends into the loss. Packets of the far side still arrive, but no answer to them does. */
static void after_loss(const struct side *side)
{
    fill(side->lost.near, 3000);
    must(shutdown(side->fin_wait1.near, SHUT_WR), "shutdown");
    fill(side->orphan.near, 100);
    close(side->orphan.near);
    must(shutdown(side->last_ack.near, SHUT_WR), "shutdown");
    close(side->orphan_last_ack.near);
    must(shutdown(side->closing.near, SHUT_WR), "shutdown");
    must(shutdown(side->closing.far, SHUT_WR), "shutdown"); /* both FINs cross: the near side is in CLOSING */
}

/* Connections that are never complete: SYN_SENT here, SYN_RECV in "blue", and a full accept queue. */
static void incomplete(const struct side *side)
{
    int full = open_bound(side->family, SOCK_STREAM, side->loopback, FULL_PORT);

    for (int i = 0; i < 3; i++)
        begin_connect(side->family, side->far, NO_ANSWER_PORT);
    begin_connect(side->family, side->far, NO_REQUEST_PORT);
    must(listen(full, 1), "listen"); /* one more than that fits into the queue */
    for (int i = 0; i < 2; i++)
        connect_to(side->family, SOCK_STREAM, side->loopback, FULL_PORT);
    begin_connect(side->family, side->loopback, FULL_PORT);
}

static void lossy_tcp(void *unused)
{
    (void)unused;
    listen_far();
    for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
        without_loss(&sides[i]);
        before_loss(&sides[i]);
    }
    lose_packets();
    for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
        after_loss(&sides[i]);
        incomplete(&sides[i]);
    }
    keep();
}

void create_lossy_tcp(void)
{
    spawn("tcp-lossy", lossy_tcp, NULL);
}

/* TIME_WAIT lasts one minute, so these connections are closed shortly before the record. */
static void time_wait(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
        int listener = open_bound(sides[i].family, SOCK_STREAM, sides[i].loopback, 7310);

        must(listen(listener, 4), "listen");
        for (int turn = 0; turn < 3; turn++) {
            int near = connect_to(sides[i].family, SOCK_STREAM, sides[i].loopback, 7310);
            int far = must(accept(listener, NULL, NULL), "accept");

            close(near);
            close(far);
        }
    }
    keep();
}

void create_short_lived(void)
{
    spawn("tcp-time-wait", time_wait, NULL);
}
