/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See fault.h. */
#include "base/pycompat.h"

#include "crash/crash_compat.h"

#include "base/failure.h"
#include "dump/fault.h"
#include "guard/guard.h"

struct fault {
    ulonglong addr;
    int memtype;
    const char *reason;
};

static const char *
reason_of_code(int code)
{
    switch (code) {
    case SEEK_ERROR:
        return "the page is not in the dump";
    case PAGE_EXCLUDED:
        return "the page was excluded from the dump";
    case PAGE_INCOMPLETE:
        return "the page is incomplete in the dump";
    default:
        return "the dump cannot be read there";
    }
}

static void
explain_fault(void *arg)
{
    struct fault *f = arg;
    struct task_context *tc = CURRENT_CONTEXT();
    physaddr_t paddr = f->addr;
    char byte;

    if (f->memtype == KVADDR && !IS_KVADDR(f->addr)) {
        f->reason = "it is not a kernel virtual address";
    } else if (f->memtype == KVADDR && !kvtop(tc, f->addr, &paddr, 0)) {
        f->reason = "the address is not mapped";
    } else if (f->memtype == UVADDR && (tc == NULL || (pc->flags & MINIMAL_MODE))) {
        f->reason = "there is no current task";
    } else if (f->memtype == UVADDR && !IS_UVADDR(f->addr, tc)) {
        f->reason = "it is not a user virtual address";
    } else if (f->memtype == UVADDR && !uvtop(tc, f->addr, &paddr, 0)) {
        f->reason = paddr != 0 ? "the page is swapped out" : "the address is not mapped";
    } else {
        int fd = REMOTE_MEMSRC() ? pc->sockfd : (ACTIVE() ? pc->mfd : pc->dfd);

        f->reason = reason_of_code(
            READMEM(fd, &byte, 1, f->memtype == PHYSADDR ? 0 : (ulong)f->addr, paddr));
    }
}

int
mpyk_raise_fault(ulonglong addr, int memtype, long size, long done)
{
    struct fault fault = {addr + (ulonglong)done, memtype, NULL};
    const char *kind = memtype == KVADDR ? "kernel" : memtype == UVADDR ? "user" : "physical";
    char read_text[64] = "";

    if (mpyk_guarded(explain_fault, &fault) < 0) {
        if (mpyk_forget(MPYK_FAIL_CRASH) < 0) {
            return -1;
        }
        fault.reason = "crash cannot translate the address";
    }
    if (done > 0) {
        snprintf(read_text, sizeof(read_text), "%ld bytes were read, then at 0x%llx ", done,
                 fault.addr);
    }
    return MPYK_FAILED(MPYK_FAIL_CRASH, "cannot read %ld byte%s at %s address %s: %s%s", size,
                       size == 1 ? "" : "s", kind, MPYK_HEX(addr), read_text, fault.reason);
}
