/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where types come from.  All calls into crash and gdb are made here, under crash's guard. */
#include "crash_compat.h"
#include "types.h"

#include "btf_source.h"
#include "gdb_bridge.h"
#include "guard.h"

#include <stdlib.h>
#include <string.h>

const struct mpyk_type_source mpyk_gdb_source = {
    "gdb", mpyk_gdb_lookup, mpyk_gdb_lookup_symbol, mpyk_gdb_describe, mpyk_gdb_fields,
};

/* In the order in which they are asked for a name: what costs least first. */
static const struct {
    const char *name;
    const struct mpyk_type_source *sources[4];
    int only_file;
} choices[] = {
    { "auto", { &mpyk_btf_source, &mpyk_btf_modules_source, &mpyk_gdb_source, NULL }, 0 },
    { "btf", { &mpyk_btf_source, &mpyk_btf_modules_source, NULL }, 0 },
    { "file", { &mpyk_btf_source, &mpyk_btf_modules_source, NULL }, 1 },
    { "gdb", { &mpyk_gdb_source, NULL }, 0 },
};

static size_t chosen;
const struct mpyk_type_source *const *mpyk_type_sources = choices[0].sources;

const char *
mpyk_source_choose(const char *name)
{
    const char *old = choices[chosen].name;

    for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
        if (strcmp(choices[i].name, name) == 0) {
            chosen = i;
            mpyk_type_sources = choices[i].sources;
            mpyk_btf_only_file(choices[i].only_file);
            return old;
        }
    }
    return NULL;
}

const char *
mpyk_source_chosen(void)
{
    return choices[chosen].name;
}

enum request_kind {
    LOOKUP, SYMBOL, DESCRIBE, FIELDS, EXPRESSION, ADDRESS, WATCH, TARGET, PATH, BUILD_ID
};

/* A question to a source.  `kind` says which of the members it uses. */
struct request {
    enum request_kind kind;
    const struct mpyk_type_source *source;
    const char *name;
    int code;
    int count;
    mpyk_handle handle;
    mpyk_handle *handle_out;
    struct mpyk_symbol_desc *symbol;
    struct mpyk_type_desc *desc;
    struct mpyk_field_desc *fields;
    struct mpyk_gdb_target *target;
    void (*changed)(const void *owner);
    char *text;
    size_t size;
    uint64_t address;
    int status;
    struct mpyk_source_error error;
};

int
mpyk_source_is_used(const struct mpyk_type_source *source)
{
    for (int i = 0; mpyk_type_sources[i] != NULL; i++) {
        if (mpyk_type_sources[i] == source) {
            return 1;
        }
    }
    return 0;
}

/*
 * Of several symbols with the same name crash knows the addresses, gdb the type of one of them and
 * its address: take that one if crash has it, else crash's first.
 */
static uint64_t
address_in_crash(const char *name, uint64_t wanted)
{
    struct syment *first = symbol_search((char *)name), *symbol = first;

    for (; wanted != 0 && symbol != NULL; symbol = symbol_search_next((char *)name, symbol)) {
        if (symbol->value == wanted) {
            return wanted;
        }
    }
    return first != NULL ? first->value : 0;
}

/* In the order in which they are tried; the last is gdb's, which may have been told another. */
static int
file_of_kernel(int index, char *path, size_t size)
{
    const char *const files[] = { pc->namelist, pc->namelist_debug, pc->debuginfo_file };
    const int count = sizeof(files) / sizeof(files[0]);
    struct mpyk_source_error error;

    path[0] = '\0';
    if (index < count) {
        snprintf(path, size, "%s", files[index] != NULL ? files[index] : "");
    } else if (index > count) {
        return -1;
    } else if (mpyk_gdb_symbol_file(path, size, &error) < 0) {
        path[0] = '\0';
    }
    return path[0] != '\0';
}

/* As hexadecimal text; crash allocates it. */
static void
build_id_text(char *text, size_t size)
{
    char *known = pc->read_vmcoreinfo != NULL ? pc->read_vmcoreinfo("BUILD-ID") : NULL;

    snprintf(text, size, "%s", known != NULL ? known : "");
    free(known);
}

static void
answer(void *arg)
{
    struct request *r = arg;

    switch (r->kind) {
    case LOOKUP:
        r->status = r->source->lookup(r->name, r->code, r->handle_out, &r->error);
        break;
    case SYMBOL:
        r->status = r->source->lookup_symbol(r->name, r->symbol, &r->error);
        break;
    case DESCRIBE:
        r->status = r->source->describe(r->handle, r->desc, &r->error);
        break;
    case FIELDS:
        r->status = r->source->fields(r->handle, r->fields, r->count, &r->error);
        break;
    case EXPRESSION:
        r->status = mpyk_gdb_expression_type(r->name, r->handle_out, &r->error);
        break;
    case ADDRESS:
        r->address = address_in_crash(r->name, r->address);
        r->status = 0;
        break;
    case WATCH:
        r->status = mpyk_gdb_watch(r->changed, &r->error);
        break;
    case TARGET:
        r->status = mpyk_gdb_target(r->target, &r->error);
        break;
    case PATH:
        r->status = file_of_kernel(r->count, r->text, r->size);
        break;
    case BUILD_ID:
        build_id_text(r->text, r->size);
        r->status = 0;
        break;
    }
}

/* BTF's functions call mpyk_readmem(), which is guarded itself and needs Python. */
static int
needs_guard(const struct request *request)
{
    return request->source != &mpyk_btf_source && request->source != &mpyk_btf_modules_source;
}

/* 0: it was answered.  -1: no such thing, or (with an exception set) an error. */
static int
ask(struct request *request)
{
    request->status = -1;
    request->error.text[0] = '\0';
    if (!needs_guard(request)) {
        answer(request);
    } else if (mpyk_guarded(answer, request) < 0) {
        return -1;
    }
    if (request->status < 0 && request->error.text[0] != '\0') {
        PyErr_Format(mpyk_error, "%s: %s", request->source ? request->source->name : "gdb",
                     request->error.text);
    }
    return request->status;
}

int
mpyk_source_lookup(const struct mpyk_type_source *source, const char *name, int code,
                   mpyk_handle *type)
{
    struct request request = {
        .kind = LOOKUP, .source = source, .name = name, .code = code, .handle_out = type,
    };

    return ask(&request);
}

int
mpyk_source_symbol(const struct mpyk_type_source *source, const char *name,
                   struct mpyk_symbol_desc *symbol)
{
    struct request request = { .kind = SYMBOL, .source = source, .name = name, .symbol = symbol };

    return ask(&request);
}

int
mpyk_source_describe(const struct mpyk_type_source *source, mpyk_handle type,
                     struct mpyk_type_desc *desc)
{
    struct request request = { .kind = DESCRIBE, .source = source, .handle = type, .desc = desc };

    return ask(&request);
}

int
mpyk_source_fields(const struct mpyk_type_source *source, mpyk_handle type,
                   struct mpyk_field_desc *fields, int count)
{
    struct request request = {
        .kind = FIELDS, .source = source, .handle = type, .fields = fields, .count = count,
    };

    return ask(&request);
}

int
mpyk_source_expression(const char *text, mpyk_handle *type)
{
    struct request request = { .kind = EXPRESSION, .name = text, .handle_out = type };

    return ask(&request);
}

uint64_t
mpyk_source_address(const char *name, uint64_t wanted)
{
    struct request request = { .kind = ADDRESS, .name = name, .address = wanted };

    return ask(&request) == 0 ? request.address : 0;
}

int
mpyk_source_file(int index, char *path, size_t size)
{
    struct request request = { .kind = PATH, .count = index, .text = path, .size = size };

    return ask(&request);
}

size_t
mpyk_source_build_id(unsigned char *bytes, size_t size)
{
    char text[2 * 64 + 1] = "";
    struct request request = { .kind = BUILD_ID, .text = text, .size = sizeof(text) };
    size_t count = 0;
    unsigned byte;

    if (ask(&request) < 0) {
        return 0;
    }
    while (count < size && sscanf(text + 2 * count, "%2x", &byte) == 1) {
        bytes[count++] = (unsigned char)byte;
    }
    return count;
}

void
mpyk_sources_run_starts(void)
{
    if (ACTIVE()) {
        mpyk_type_sources_changed(NULL);
    }
}

int
mpyk_sources_start(void (*changed)(const void *owner))
{
    struct mpyk_gdb_target target = { 0, 8 };
    struct request ask_target = { .kind = TARGET, .target = &target };
    struct request watch = { .kind = WATCH, .changed = changed };

    if (ask(&ask_target) < 0 || ask(&watch) < 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(mpyk_error, "gdb does not tell the dump's architecture.");
        }
        return -1;
    }
    mpyk_target.big_endian = target.big_endian;
    mpyk_target.pointer_size = machdep->bits ? machdep->bits / 8 : target.pointer_size;
    return 0;
}

void
mpyk_sources_stop(void)
{
    mpyk_gdb_unwatch();
}
