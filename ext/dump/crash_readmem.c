/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See crash_readmem.h. */
#include "crash/crash_compat.h"

#include "base/failure.h"
#include "dump/crash_readmem.h"
#include "guard/guard.h"

struct request {
    ulonglong addr;
    int memtype;
    char *buffer;
    long size;
    int ok;
};

static void
call_readmem(void *arg)
{
    struct request *r = arg;

    r->ok = readmem(r->addr, r->memtype, r->buffer, r->size, "mpykdump", RETURN_ON_ERROR | QUIET);
}

int
mpyk_crash_readmem(ulonglong addr, int memtype, void *buffer, long size)
{
    struct request request = {addr, memtype, buffer, size, 0};

    if (mpyk_guarded(call_readmem, &request) < 0) {
        (void)mpyk_forget(MPYK_FAIL_CRASH);
        return -1;
    }
    return request.ok ? 0 : -1;
}
