/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See direct_pages.h.  When a page of a kdump-compressed dump is read for the first time, nearly
 * all the time goes into its decompression, and libdeflate decompresses faster than crash's
 * read_diskdump().
 *
 * crash still translates the addresses.  Everything that is not a plain page of a plain dump is
 * left to crash's readmem(): other formats, split and flattened dumps, excluded and damaged pages,
 * live systems.
 */
#include "base/pycompat.h"

#include "crash/crash_compat.h"

#include "base/cleanup.h"
#include "base/failure.h"
#include "dump/direct_pages.h"
#include "dump/kdump_file.h"
#include "guard/guard.h"

#include <unistd.h>

#define DESCRIPTORS 64 /* crash opens its dump among the first */

struct translation {
    ulonglong addr;
    physaddr_t paddr;
    int found;
};

static struct {
    int off;     /* the user has switched it off */
    int tried;   /* the dump was examined */
    int trusted; /* the first page was the same as crash reads */
    unsigned long long pages;
    struct mpyk_kdump *file;
} reader;

/*
 * Find crash's own descriptor of the dump, which crash does not export (pc->dfd is something
 * else).  crash opens the dump before any of our files, so it is the lowest descriptor of such a
 * file.  The path pc->dumpfile does not help: it may be relative to a directory that the user has
 * left.  -1 if there is none.
 */
static int
find_descriptor(void)
{
    char signature[8];

    for (int fd = STDERR_FILENO + 1; fd < DESCRIPTORS; fd++) {
        if (pread(fd, signature, sizeof(signature), 0) == (ssize_t)sizeof(signature) &&
            memcmp(signature, "KDUMP   ", sizeof(signature)) == 0) {
            return fd;
        }
    }
    return -1;
}

/*
 * True if crash reads this dump with read_diskdump(), so that we can read it too.  (An extension
 * may have replaced the function.)
 */
static int
reader_ready(void)
{
    if (reader.off || !MPYK_HAS(read_diskdump) || pc->readmem != read_diskdump || ACTIVE() ||
        FLAT_FORMAT() || XEN_CORE_DUMPFILE()) {
        return 0;
    }
    if (!reader.tried) {
        reader.tried = 1;
        reader.file = mpyk_kdump_create(find_descriptor(), machdep->pagesize);
    }
    return reader.file != NULL;
}

static void
call_kvtop(void *arg)
{
    struct translation *t = arg;

    t->found = IS_KVADDR(t->addr) && kvtop(CURRENT_CONTEXT(), (ulong)t->addr, &t->paddr, 0);
}

/*
 * The page's physical address.  -1 if it has none; only KeyboardInterrupt is left as an exception.
 */
static int
translate(ulonglong addr, int memtype, physaddr_t *paddr)
{
    struct translation t = {addr, 0, 0};

    if (memtype == PHYSADDR) {
        *paddr = addr;
        return 0;
    }
    if (memtype != KVADDR) {
        return -1;
    }
    if (mpyk_guarded(call_kvtop, &t) < 0) {
        (void)mpyk_forget(MPYK_FAIL_CRASH);
        return -1;
    }
    *paddr = t.paddr;
    return t.found ? 0 : -1;
}

static void
call_read_diskdump(void *arg)
{
    struct translation *t = arg;
    char *page = (char *)(uintptr_t)t->addr;

    t->found =
        read_diskdump(pc->dfd, page, (int)machdep->pagesize, 0, t->paddr) == (int)machdep->pagesize;
}

/*
 * Compare the first page that we read with what crash reads.  If they differ, we read no more
 * pages.
 */
static void
compare_with_crash(physaddr_t paddr, const char *page)
{
    MPYK_MALLOC char *theirs = malloc(machdep->pagesize);
    struct translation t = {(uintptr_t)theirs, paddr, 0};
    int rc = theirs == NULL ? -1 : mpyk_guarded(call_read_diskdump, &t);

    reader.trusted = rc == 0 && t.found && memcmp(theirs, page, machdep->pagesize) == 0;
    if (mpyk_forget(MPYK_FAIL_CRASH) == 0 && !reader.trusted) {
        mpyk_kdump_destroy(reader.file);
        reader.file = NULL;
    }
}

int
mpyk_dump_page(ulonglong addr, int memtype, char *page)
{
    physaddr_t paddr;

    if (!reader_ready() || translate(addr, memtype, &paddr) < 0 ||
        (paddr & (machdep->pagesize - 1)) != 0 ||
        mpyk_kdump_page(reader.file, paddr / machdep->pagesize, page) < 0) {
        return -1;
    }
    if (!reader.trusted) {
        compare_with_crash(paddr, page);
        if (!reader.trusted) {
            return -1;
        }
    }
    reader.pages++;
    return 0;
}

int
mpyk_dump_pages_enable(int on)
{
    int was = !reader.off;

    reader.off = !on;
    return was;
}

unsigned long long
mpyk_dump_pages_read(void)
{
    return reader.pages;
}

void
mpyk_dump_pages_clear(void)
{
    mpyk_kdump_destroy(reader.file);
    reader.file = NULL;
    reader.tried = reader.trusted = 0;
}
