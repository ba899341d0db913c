/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See start.h. */
#include "base/mpykdump.h"

#include "types/start.h"

#include "base/failure.h"
#include "gdb/bridge.h"
#include "guard/guard.h"
#include "types/kernel_facts.h"
#include "types/types.h"

struct watch_request {
    int status;
    struct mpyk_source_error error;
};

static void
call_watch(void *arg)
{
    struct watch_request *r = arg;

    r->status = mpyk_gdb_watch(mpyk_type_sources_changed, &r->error);
}

int
mpyk_types_start(void)
{
    struct watch_request request = {.status = -1};

    if (mpyk_kernel_find_target() < 0 || mpyk_guarded(call_watch, &request) < 0) {
        return -1;
    }
    if (request.status < 0) {
        return MPYK_FAILED(MPYK_FAIL_CRASH, "gdb: %s", request.error.text);
    }
    return 0;
}

void
mpyk_types_stop(void)
{
    mpyk_gdb_unwatch();
}
