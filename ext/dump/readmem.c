/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See readmem.h.  A page cache stands in front of crash's readmem(). */
#include "crash/crash_compat.h"

#include "base/failure.h"
#include "dump/crash_readmem.h"
#include "dump/fault.h"
#include "dump/page_cache.h"
#include "dump/readmem.h"

_Static_assert(MPYK_KVADDR == KVADDR && MPYK_UVADDR == UVADDR,
               "crash numbers its memory types differently");
_Static_assert(MPYK_PHYSADDR == PHYSADDR && MPYK_XENMACHADDR == XENMACHADDR,
               "crash numbers its memory types differently");

/* How many of the bytes at addr can be read.  (crash reads all bytes or none.) */
static long
readable_part(ulonglong addr, int memtype, char *buffer, long size)
{
    long done = 0;
    long page = machdep->pagesize != 0 ? (long)machdep->pagesize : 4096;

    while (done < size) {
        long in_page = page - (long)((addr + (ulonglong)done) & ((ulonglong)page - 1));
        long part = in_page < size - done ? in_page : size - done;

        if (mpyk_crash_readmem(addr + (ulonglong)done, memtype, buffer + done, part) < 0) {
            break;
        }
        done += part;
    }
    return done;
}

/* The task whose user memory is read (set_readmem_task()), 0 for none. */
static ulong read_task;

/*
 * If a task is set, addresses of its user space are read there, also when the caller has given
 * another memory type by default.
 */
static struct task_context *
user_context(ulonglong addr, int *memtype)
{
    struct task_context *tc;

    if (read_task == 0 || *memtype == PHYSADDR || *memtype == XENMACHADDR) {
        return NULL;
    }
    tc = task_to_context(read_task);
    if (tc == NULL || !IS_UVADDR(addr, tc)) {
        return NULL;
    }
    *memtype = UVADDR;
    return tc;
}

static int
read_slowly(ulonglong addr, int memtype, void *buffer, long size)
{
    struct task_context *saved = tt->current, *tc;
    long done;
    int rc = 0;

    if (addr == 0 && memtype != PHYSADDR && memtype != XENMACHADDR) {
        return MPYK_FAILED(MPYK_FAIL_NULL_POINTER,
                           "NULL pointer: there is nothing to read at address 0");
    }
    tc = user_context(addr, &memtype);
    if (tc != NULL) {
        tt->current = tc;
    }
    done = mpyk_read_range(addr, memtype, buffer, size);
    if (done < size && !PyErr_Occurred()) {
        done += readable_part(addr + (ulonglong)done, memtype, (char *)buffer + done, size - done);
        if (done < size && !PyErr_Occurred()) {
            rc = mpyk_raise_fault(addr, memtype, size, done);
        }
    }
    if (tc != NULL) {
        tt->current = saved;
    }
    return PyErr_Occurred() ? -1 : rc;
}

int
mpyk_readmem(unsigned long long addr, int memtype, void *buffer, long size)
{
    if (memtype == MPYK_KVADDR && read_task == 0 && mpyk_cache_hit(addr, buffer, size)) {
        return 0;
    }
    return read_slowly(addr, memtype, buffer, size);
}

int
mpyk_readmem_set_task(unsigned long long task)
{
    if (task != 0 && ((pc->flags & MINIMAL_MODE) || task_to_context((ulong)task) == NULL)) {
        return -1;
    }
    read_task = (ulong)task;
    return 0;
}

void
mpyk_readmem_run_starts(void)
{
    read_task = 0;
    if (ACTIVE()) {
        mpyk_cache_free();
    }
}
