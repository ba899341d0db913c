/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "addresses.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

union address address_of(int family, const char *text, int port)
{
    union address address = {.any.sa_family = family};
    void *place = family == AF_INET ? (void *)&address.v4.sin_addr : (void *)&address.v6.sin6_addr;

    if (inet_pton(family, text, place) != 1)
        fail("bad address %s", text);
    address.v4.sin_port = htons(port); /* sin6_port has the same offset */
    return address;
}

int open_bound(int family, int type, const char *text, int port)
{
    union address address = address_of(family, text, port);
    int fd = must(socket(family, type, 0), "socket");
    int yes = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    must(bind(fd, &address.any, sizeof(address)), "bind");
    return fd;
}

int connect_to(int family, int type, const char *text, int port)
{
    union address address = address_of(family, text, port);
    int fd = must(socket(family, type, 0), "socket");

    must(connect(fd, &address.any, sizeof(address)), text);
    return fd;
}

int begin_connect(int family, const char *text, int port)
{
    union address address = address_of(family, text, port);
    int fd = must(socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0), "socket");

    if (connect(fd, &address.any, sizeof(address)) && errno != EINPROGRESS)
        fail("begin to connect to %s port %d", text, port);
    return fd;
}

void fill(int fd, size_t size)
{
    char *data = calloc(1, size);

    if (!data || send(fd, data, size, MSG_DONTWAIT) < 0)
        fail("send %zu bytes", size);
    free(data);
}

void fill_up(int fd)
{
    static const char data[4096];

    while (send(fd, data, sizeof(data), MSG_DONTWAIT) > 0)
        ;
    if (errno != EAGAIN)
        fail("send until the socket is full");
}
