/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See btf.h.  This unit reads what one record says: types, members, chains. */
#include "btf/format.h"

/* The kernel allows 32 (MAX_RESOLVE_DEPTH), but does not count every kind of link. */
#define CHAIN_LIMIT 128

#define INT_SIGNED 1
#define INT_BOOL 4

/*
 * Whether an enum is unsigned.  BTF has no sign for enums before pahole 1.24 and Linux 6.0 (commit
 * 6089fb325cf7, "bpf: Add btf enum64 support"): then the values decide.
 */
static int
enum_is_unsigned(const struct mpyk_btf *btf, const struct record *record, const char *values)
{
    struct pair_record pair;

    if (flag_of(record)) {
        return 0;
    }
    if (btf->enums_have_sign || kind_of(record) == MPYK_BTF_ENUM64) {
        return 1;
    }
    for (uint32_t i = 0; i < count_of(record); i++) {
        LOAD(values + i * sizeof(pair), pair);
        if ((int32_t)pair.value < 0) {
            return 0;
        }
    }
    return 1;
}

/* BTF describes the "..." of a function as a last parameter of type void. */
static uint32_t
count_parameters(const struct record *record, const char *parameters)
{
    uint32_t count = count_of(record);
    struct pair_record last;

    if (count == 0) {
        return 0;
    }
    LOAD(parameters + (count - 1) * sizeof(last), last);
    return last.value == 0 ? count - 1 : count;
}

static void
fill_number(const struct record *record, const char *extra, struct mpyk_btf_type *type)
{
    uint32_t encoding;

    LOAD(extra, encoding);
    encoding >>= 24;
    type->size = record->size_or_type;
    type->is_bool = (encoding & INT_BOOL) != 0;
    type->is_unsigned = (encoding & INT_SIGNED) == 0;
}

static void
fill_array(const char *extra, struct mpyk_btf_type *type)
{
    struct array_record array;

    LOAD(extra, array);
    type->target = array.type;
    type->elements = array.elements;
}

static void
fill_type(const struct mpyk_btf *btf, const struct record *record, const char *extra,
          struct mpyk_btf_type *type)
{
    switch (type->kind) {
    case MPYK_BTF_INT:
        fill_number(record, extra, type);
        break;
    case MPYK_BTF_ARRAY:
        fill_array(extra, type);
        break;
    case MPYK_BTF_ENUM:
    case MPYK_BTF_ENUM64:
        type->is_unsigned = enum_is_unsigned(btf, record, extra);
        __attribute__((fallthrough));
    case MPYK_BTF_STRUCT:
    case MPYK_BTF_UNION:
    case MPYK_BTF_FLOAT:
        type->size = record->size_or_type;
        type->count = type->kind == MPYK_BTF_FLOAT ? 0 : count_of(record);
        break;
    case MPYK_BTF_FWD:
        type->is_union = flag_of(record);
        break;
    case MPYK_BTF_FUNC_PROTO:
        type->count = count_parameters(record, extra);
        __attribute__((fallthrough));
    default:
        type->target = record->size_or_type;
    }
}

int
mpyk_btf_type(const struct mpyk_btf *btf, uint32_t id, struct mpyk_btf_type *type)
{
    struct record record;
    const char *at = mpyk_btf_record_of(btf, id, &record);

    memset(type, 0, sizeof(*type));
    type->name = "";
    if (at == NULL) {
        return id == 0 ? 0 : -1;
    }
    type->kind = kind_of(&record);
    type->id = id;
    type->name = mpyk_btf_string(btf, record.name);
    type->record = at;
    fill_type(btf, &record, at + sizeof(record), type);
    return 0;
}

/* The offsets are in ascending order, so a binary search finds the number. */
int
mpyk_btf_record(const struct mpyk_btf *btf, const void *record, struct mpyk_btf_type *type)
{
    uint32_t offset = (uint32_t)((const char *)record - btf->types);
    uint32_t low = 0, high = btf->end - btf->first;

    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (btf->offsets[middle] <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    if (high == 0 || !mpyk_btf_owns(btf, record) || btf->offsets[low] != offset) {
        return -1;
    }
    return mpyk_btf_type(btf, btf->first + low, type);
}

/* ---- chains ---- */

int
mpyk_btf_strip(const struct mpyk_btf *btf, uint32_t id, uint32_t *stripped)
{
    struct mpyk_btf_type type;

    for (int i = 0; i < CHAIN_LIMIT; i++, id = type.target) {
        if (mpyk_btf_type(btf, id, &type) < 0) {
            return -1;
        }
        switch (type.kind) {
        case MPYK_BTF_CONST:
        case MPYK_BTF_VOLATILE:
        case MPYK_BTF_RESTRICT:
        case MPYK_BTF_TYPE_TAG:
            continue;
        default:
            *stripped = id;
            break;
        }
        for (; type.kind == MPYK_BTF_FWD && btf != NULL; btf = btf->base) {
            uint32_t kinds = MPYK_BTF_SET(type.is_union ? MPYK_BTF_UNION : MPYK_BTF_STRUCT);
            uint32_t definition = mpyk_btf_find(btf, type.name, kinds);
            if (definition != 0) {
                *stripped = definition;
                break;
            }
        }
        return 0;
    }
    return -1;
}

int
mpyk_btf_is_finite(const struct mpyk_btf *btf, uint32_t id)
{
    struct mpyk_btf_type type;

    for (int i = 0; i < CHAIN_LIMIT; i++, id = type.target) {
        if (mpyk_btf_type(btf, id, &type) < 0) {
            return 0;
        }
        if (type.target == 0) {
            return 1;
        }
    }
    return 0;
}

/* ---- members ---- */

/*
 * Before Linux 5.0 (commit 9d5f9f701b18) the integer type that was made for a bit-field had its
 * size.
 */
static void
old_bit_field(const struct mpyk_btf *btf, struct mpyk_btf_field *field)
{
    struct mpyk_btf_type type;
    uint32_t id, encoding;

    if (mpyk_btf_strip(btf, field->type, &id) < 0 || mpyk_btf_type(btf, id, &type) < 0 ||
        type.kind != MPYK_BTF_INT) {
        return;
    }
    LOAD((const char *)type.record + sizeof(struct record), encoding);
    if ((encoding & 0xff) != 8 * type.size) {
        field->bit_size = encoding & 0xff;
        field->bit_offset += (encoding >> 16) & 0xff;
    }
}

static void
read_member(const struct mpyk_btf *btf, const struct record *record, const char *at,
            struct mpyk_btf_field *field)
{
    struct member_record member;

    LOAD(at, member);
    field->name = mpyk_btf_string(btf, member.name);
    field->type = member.type;
    if (flag_of(record)) {
        field->bit_offset = member.offset & 0xffffff;
        field->bit_size = member.offset >> 24;
    } else {
        field->bit_offset = member.offset;
        old_bit_field(btf, field);
    }
}

static void
read_enumerator(const struct mpyk_btf *btf, const struct mpyk_btf_type *type, const char *at,
                struct mpyk_btf_field *field)
{
    struct enum64_record wide;
    struct pair_record pair;

    if (type->kind == MPYK_BTF_ENUM64) {
        LOAD(at, wide);
        field->name = mpyk_btf_string(btf, wide.name);
        field->value = (int64_t)(((uint64_t)wide.high << 32) | wide.low);
    } else {
        LOAD(at, pair);
        field->name = mpyk_btf_string(btf, pair.name);
        field->value = type->is_unsigned ? (int64_t)pair.value : (int64_t)(int32_t)pair.value;
    }
}

int
mpyk_btf_field(const struct mpyk_btf *btf, const struct mpyk_btf_type *type, uint32_t index,
               struct mpyk_btf_field *field)
{
    const char *at = type->record;
    struct pair_record pair;
    struct record record;

    memset(field, 0, sizeof(*field));
    if (at == NULL || index >= type->count) {
        return -1;
    }
    LOAD(at, record);
    at += sizeof(record) + (size_t)index * mpyk_btf_extra[type->kind].each;
    switch (type->kind) {
    case MPYK_BTF_STRUCT:
    case MPYK_BTF_UNION:
        read_member(btf, &record, at, field);
        break;
    case MPYK_BTF_FUNC_PROTO:
        LOAD(at, pair);
        field->name = mpyk_btf_string(btf, pair.name);
        field->type = pair.value;
        break;
    default:
        read_enumerator(btf, type, at, field);
    }
    return 0;
}

long
mpyk_btf_offset(const struct mpyk_btf *btf, const char *structure, const char *member)
{
    uint32_t id = mpyk_btf_find(btf, structure, MPYK_BTF_SET(MPYK_BTF_STRUCT));
    struct mpyk_btf_field field;
    struct mpyk_btf_type type;

    if (id == 0 || mpyk_btf_type(btf, id, &type) < 0) {
        return -1;
    }
    for (uint32_t i = 0; i < type.count; i++) {
        if (mpyk_btf_field(btf, &type, i, &field) == 0 && strcmp(field.name, member) == 0) {
            return (long)(field.bit_offset / 8);
        }
    }
    return -1;
}
