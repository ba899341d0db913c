/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See source_calls.h. */
#include "base/mpykdump.h"

#include "types/source_calls.h"

#include "base/failure.h"
#include "gdb/bridge.h"
#include "guard/guard.h"
#include "types/source_choice.h"

enum question {
    LOOKUP,
    SYMBOL,
    DESCRIBE,
    FIELDS,
    EXPRESSION,
};

/* A question to a source.  The question decides which of the other members are used. */
struct request {
    enum question question;
    const struct mpyk_type_source *source;
    const char *name;
    int code;
    int count;
    mpyk_handle handle;
    mpyk_handle *handle_out;
    struct mpyk_symbol_desc *symbol;
    struct mpyk_type_desc *desc;
    struct mpyk_field_desc *fields;
    int status;
    struct mpyk_source_error error;
};

static void
answer(void *arg)
{
    struct request *r = arg;

    switch (r->question) {
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
    }
}

/* Only gdb may longjmp.  The functions of BTF call mpyk_readmem(), which has a guard of its own and
 * needs Python. */
static int
ask(struct request *request)
{
    request->status = -1;
    request->error.text[0] = '\0';
    if (request->source != &mpyk_gdb_source) {
        answer(request);
    } else if (mpyk_guarded(answer, request) < 0) {
        return -1;
    }
    if (request->status < 0 && request->error.text[0] != '\0') {
        mpyk_fail(MPYK_FAIL_CRASH, "%s: %s", request->source->name, request->error.text);
    }
    return request->status;
}

int
mpyk_source_lookup(const struct mpyk_type_source *source, const char *name, int code,
                   mpyk_handle *type)
{
    struct request request = {
        .question = LOOKUP, .source = source, .name = name, .code = code, .handle_out = type};

    return ask(&request);
}

int
mpyk_source_symbol(const struct mpyk_type_source *source, const char *name,
                   struct mpyk_symbol_desc *symbol)
{
    struct request request = {.question = SYMBOL, .source = source, .name = name, .symbol = symbol};

    return ask(&request);
}

int
mpyk_source_describe(const struct mpyk_type_source *source, mpyk_handle type,
                     struct mpyk_type_desc *desc)
{
    struct request request = {.question = DESCRIBE, .source = source, .handle = type, .desc = desc};

    return ask(&request);
}

int
mpyk_source_fields(const struct mpyk_type_source *source, mpyk_handle type,
                   struct mpyk_field_desc *fields, int count)
{
    struct request request = {
        .question = FIELDS, .source = source, .handle = type, .fields = fields, .count = count};

    return ask(&request);
}

int
mpyk_source_expression(const char *text, mpyk_handle *type)
{
    struct request request = {
        .question = EXPRESSION, .source = &mpyk_gdb_source, .name = text, .handle_out = type};

    return ask(&request);
}
