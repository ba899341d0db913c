/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Catching gdb's C++ exceptions for C; see guard_catch.hpp. */
#ifndef MPYK_GUARD_CATCH_H
#define MPYK_GUARD_CATCH_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum mpyk_caught {
    MPYK_CAUGHT_NOTHING,
    MPYK_CAUGHT_ERROR,
    MPYK_CAUGHT_QUIT,
};

/* Run call(arg); what it threw, with the exception's text in message. */
enum mpyk_caught mpyk_catching(void (*call)(void *), void *arg, char *message, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* MPYK_GUARD_CATCH_H */
