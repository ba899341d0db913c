/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See kernel_facts.h. */
#include "crash/crash_compat.h"

#include "base/failure.h"
#include "base/target.h"
#include "gdb/bridge.h"
#include "guard/guard.h"
#include "types/kernel_facts.h"

#define BUILD_ID_MAX 64

/* ---- the machine ---- */

struct target_request {
    struct mpyk_target target;
    int status;
    struct mpyk_source_error error;
};

static void
call_target(void *arg)
{
    struct target_request *r = arg;

    r->status = mpyk_gdb_target(&r->target, &r->error);
}

int
mpyk_kernel_find_target(void)
{
    struct target_request request = {.target = {0, 8}, .status = -1};

    if (mpyk_guarded(call_target, &request) < 0) {
        return -1;
    }
    if (request.status < 0) {
        return MPYK_FAILED(MPYK_FAIL_CRASH, "gdb: %s",
                           request.error.text[0] != '\0' ? request.error.text
                                                         : "the dump's architecture is not known.");
    }
    mpyk_target = request.target;
    if (machdep->bits != 0) {
        mpyk_target.pointer_size = machdep->bits / 8;
    }
    return 0;
}

/* ---- symbols ---- */

struct address_request {
    const char *name;
    uint64_t address;
};

/*
 * Several symbols may have the same name.  gdb knows type and address of one of them; crash knows
 * all addresses.
 */
static void
call_symbol_search(void *arg)
{
    struct address_request *r = arg;
    struct syment *first = symbol_search((char *)r->name), *symbol = first;

    for (; r->address != 0 && symbol != NULL;
         symbol = symbol_search_next((char *)r->name, symbol)) {
        if (symbol->value == r->address) {
            return;
        }
    }
    r->address = first != NULL ? first->value : 0;
}

uint64_t
mpyk_kernel_symbol_address(const char *name, uint64_t wanted)
{
    struct address_request request = {name, wanted};

    return mpyk_guarded(call_symbol_search, &request) == 0 ? request.address : 0;
}

/* ---- files ---- */

struct file_request {
    int index, status;
    char *path;
    size_t size;
};

/* The files of crash come first, in the order in which crash tries them.  The last one is gdb's: a
 * user may have given gdb another file. */
static void
call_file(void *arg)
{
    struct file_request *r = arg;
    const char *const files[] = {pc->namelist, pc->namelist_debug, pc->debuginfo_file};
    const int count = sizeof(files) / sizeof(files[0]);
    struct mpyk_source_error error;

    r->path[0] = '\0';
    if (r->index > count) {
        r->status = -1;
        return;
    }
    if (r->index < count) {
        snprintf(r->path, r->size, "%s", files[r->index] != NULL ? files[r->index] : "");
    } else if (mpyk_gdb_symbol_file(r->path, r->size, &error) < 0) {
        r->path[0] = '\0';
    }
    r->status = r->path[0] != '\0';
}

int
mpyk_kernel_file(int index, char *path, size_t size)
{
    struct file_request request = {index, -1, path, size};

    return mpyk_guarded(call_file, &request) < 0 ? -1 : request.status;
}

/* ---- build ID ---- */

/* crash gives the value as hexadecimal text, in memory that the caller frees. */
static void
call_build_id(void *arg)
{
    char *text = arg;
    char *known = pc->read_vmcoreinfo != NULL ? pc->read_vmcoreinfo("BUILD-ID") : NULL;

    snprintf(text, 2 * BUILD_ID_MAX + 1, "%s", known != NULL ? known : "");
    free(known);
}

size_t
mpyk_kernel_build_id(unsigned char *bytes, size_t size)
{
    char text[2 * BUILD_ID_MAX + 1] = "";
    size_t count = 0;
    unsigned byte;

    if (mpyk_guarded(call_build_id, text) < 0) {
        return 0;
    }
    while (count < size && sscanf(text + 2 * count, "%2x", &byte) == 1) {
        bytes[count++] = (unsigned char)byte;
    }
    return count;
}
