/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Catches gdb's errors for C units.  The C++ bridges do it in catch_exceptions.hpp, the bridge to
 * gdb 7 in gdb7_errors.h.
 */
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

/* Run call(arg).  Returns what it threw, with the exception's text in `message`. */
enum mpyk_caught mpyk_catching(void (*call)(void *), void *arg, char *message, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* MPYK_GUARD_CATCH_H */
