/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The C++ half of the guard.  Errors of gdb are C++ exceptions from gdb 10 on, and crash lets some
 * pass through its own C frames (gdb requests without GNU_RETURN_ON_ERROR).
 *
 * The bridges in C++ include this file.  Each gets its own mpyk_catching(); choose_bridge.c calls
 * that of the bridge which fits the running crash.
 */
#ifndef MPYK_GUARD_CATCH_HPP
#define MPYK_GUARD_CATCH_HPP

#include "gdb/catch_exceptions.h"

#include <exception>
#include <stdio.h>

extern "C" enum mpyk_caught
mpyk_catching(void (*call)(void *), void *arg, char *message, size_t size)
{
    try {
        call(arg);
        return MPYK_CAUGHT_NOTHING;
    } catch (const gdb_exception &ex) {
        snprintf(message, size, "%s", ex.what());
        return ex.reason == RETURN_QUIT ? MPYK_CAUGHT_QUIT : MPYK_CAUGHT_ERROR;
    } catch (const std::exception &ex) {
        snprintf(message, size, "gdb: %s", ex.what());
        return MPYK_CAUGHT_ERROR;
    }
}

#endif /* MPYK_GUARD_CATCH_HPP */
