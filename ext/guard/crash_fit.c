/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See crash_fit.h.  An unsuitable crash gets one sentence.  Its session continues, but its exit
 * status will not be 0, so that a script notices.
 */
#include "crash/crash_compat.h"

#include "crash/layout.h"
#include "crash/symbols.h"
#include "gdb/bridge.h"
#include "guard/crash_fit.h"

/* The function under atexit(), in every libc that crash is linked with. */
int __cxa_atexit(void (*function)(void *), void *argument, void *object);

/*
 * Let crash end with status 1.  This file is unloaded before crash ends, so the function that is
 * called then must not be in it.  It is exit() itself, which runs the remaining exit functions with
 * the new status.
 */
static void
fail_at_exit(void)
{
    void (*function)(void *) = (void (*)(void *))(void *)exit;

    (void)__cxa_atexit(function, (void *)1L, NULL);
}

static void
refuse(const char *reason)
{
    const char *running = MPYK_HAS(build_version) ? build_version : "of an unknown version";

    fprintf(MPYK_HAS(fp) && fp != NULL ? fp : stdout,
            "mpykdump: this file was built for crash %s, which has gdb %s, but this is crash %s, "
            "%s: load the file that was made for it; nothing was registered.\n",
            MPYK_BUILT_FOR_CRASH, mpyk_gdb_majors(), running, reason);
    fail_at_exit();
}

int
mpyk_runs_in_its_release(void)
{
    static const char *const releases[] = {MPYK_BUILT_FOR_RELEASES};
    const char *running = pc->program_version != NULL ? pc->program_version : "";
    /* Distributions add a suffix: 8.0.6-2.el9 is 8.0.6. */
    size_t size = strspn(running, "0123456789.");

    for (size_t i = 0; i < Py_ARRAY_LENGTH(releases); i++) {
        if (strlen(releases[i]) == size && strncmp(running, releases[i], size) == 0) {
            return 1;
        }
    }
    return 0;
}

int
mpyk_fits(void)
{
    const char *missing = mpyk_symbols_missing(0);
    char reason[160];

    if (missing != NULL) {
        snprintf(reason, sizeof(reason), "which has no %s", missing);
    } else if (mpyk_gdb_choose() < 0) {
        snprintf(reason, sizeof(reason), "which has another gdb");
    } else if (pc->machine_type != NULL && strcmp(pc->machine_type, MACHINE_TYPE) != 0) {
        snprintf(reason, sizeof(reason),
                 "which reads dumps of %s, and this file is for those of %s", pc->machine_type,
                 MACHINE_TYPE);
    } else if (mpyk_layout_check(reason, sizeof(reason)) == 0) {
        return 1;
    }
    refuse(reason);
    return 0;
}
