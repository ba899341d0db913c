/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Helpers for the files that create sockets.
 */
#ifndef MPYK_GUEST_ADDRESSES_H
#define MPYK_GUEST_ADDRESSES_H

#include "guest.h"

#include <netinet/in.h>
#include <sys/socket.h>

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Return an IPv4 or IPv6 address. `text` is the address as text. */
union address address_of(int family, const char *text, int port);
/* Return a new socket that is bound to an address. */
int open_bound(int family, int type, const char *text, int port);
/* Return a new socket that is connected to an address. */
int connect_to(int family, int type, const char *text, int port);
/* Return a new TCP socket that has only begun to connect. */
int begin_connect(int family, const char *text, int port);
/* Send `size` bytes. Fail if the socket does not take them at once. */
void fill(int fd, size_t size);
/* Send until the socket takes no more. */
void fill_up(int fd);

#endif
