/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds types and symbols by the names that a C programmer writes, and remembers the answers. */
#include "base/arena.h"
#include "base/failure.h"
#include "base/hash_map.h"
#include "gdb_enums_generated.h"
#include "types/btf_source.h"
#include "types/kernel_facts.h"
#include "types/source_calls.h"
#include "types/source_choice.h"
#include "types/types.h"

#include <ctype.h>

#define NAME_MAX_LENGTH 511

/*
 * NULL means that the name was not found.  This is remembered too, because a search through all
 * symbols of gdb is slow.
 */
static struct mpyk_map names = MPYK_STRING_MAP;
static struct mpyk_map symbols = MPYK_STRING_MAP;

static unsigned generation; /* the generation of types in which these names were found */

static void
forget_names(void)
{
    mpyk_map_free(&names);
    mpyk_map_free(&symbols);
}

static void
forget_old_generation(void)
{
    if (generation != mpyk_type_generation()) {
        forget_names();
        generation = mpyk_type_generation();
    }
}

static const struct {
    const char *word;
    int code;
} tag_words[] = {
    {"struct ", MPYK_TYPE_CODE_STRUCT},
    {"union ", MPYK_TYPE_CODE_UNION},
    {"enum ", MPYK_TYPE_CODE_ENUM},
};

#define TAG_WORDS (sizeof(tag_words) / sizeof(tag_words[0]))

/*
 * Copy a name with single blanks and without blanks around '*', '[' and ']'.  -1 if it is too long.
 */
static int
tidy(const char *name, char *out)
{
    size_t length = 0;

    for (; *name != '\0'; name++) {
        int blank = isspace((unsigned char)*name);
        if (blank && (length == 0 || strchr(" *[]", out[length - 1]) != NULL)) {
            continue;
        }
        if (strchr("*[]", *name) != NULL && length > 0 && out[length - 1] == ' ') {
            length--;
        }
        if (length >= NAME_MAX_LENGTH) {
            return -1;
        }
        out[length++] = blank ? ' ' : *name;
    }
    while (length > 0 && out[length - 1] == ' ') {
        length--;
    }
    out[length] = '\0';
    return 0;
}

/* Remove `word` wherever it is a whole word. */
static void
drop_word(char *name, const char *word)
{
    size_t size = strlen(word);
    char *at = name;

    while ((at = strstr(at, word)) != NULL) {
        int starts = at == name || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
        int ends = !(isalnum((unsigned char)at[size]) || at[size] == '_');
        if (!starts || !ends) {
            at += size;
            continue;
        }
        size_t skip = size + (at[size] == ' ');
        memmove(at, at + skip, strlen(at + skip) + 1);
    }
}

/*
 * Whether this can be the name of a type (`words`: it may have several words) or of a
 * symbol.  Other text is not searched for.  One reason is that gdb 16 parses every name as C++, and
 * crashes on some text.
 */
static int
is_name(const char *name, int words)
{
    for (const char *at = name; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && *at != '_' && (*at != ' ' || !words)) {
            return 0;
        }
    }
    return name[0] != '\0' && !isdigit((unsigned char)name[0]);
}

static MpykType *
lookup_in(const struct mpyk_type_source *source, const char *name, int code)
{
    mpyk_handle handle;

    if (!is_name(name, code == MPYK_TYPE_CODE_TYPEDEF) ||
        mpyk_source_lookup(source, name, code, &handle) < 0) {
        return NULL;
    }
    return mpyk_type_intern(source, handle);
}

/*
 * A single word (TYPEDEF) is a typedef, a base type or a tag: each source is asked for all of them.
 */
static MpykType *
lookup_one(const char *name, int code)
{
    MpykType *type = NULL;

    for (int i = 0; mpyk_type_sources[i] != NULL && type == NULL && !PyErr_Occurred(); i++) {
        type = lookup_in(mpyk_type_sources[i], name, code);
        if (type == NULL && code == MPYK_TYPE_CODE_TYPEDEF && !PyErr_Occurred()) {
            type = lookup_in(mpyk_type_sources[i], name, 0);
        }
    }
    if (type == NULL && !PyErr_Occurred() &&
        (code == MPYK_TYPE_CODE_STRUCT || code == MPYK_TYPE_CODE_TYPEDEF)) {
        type = mpyk_type_made(name);
    }
    return type;
}

/* A name without '*' and '[]'. */
static MpykType *
lookup_base(const char *name)
{
    for (size_t i = 0; i < TAG_WORDS; i++) {
        size_t length = strlen(tag_words[i].word);
        if (strncmp(name, tag_words[i].word, length) == 0) {
            return lookup_one(name + length, tag_words[i].code);
        }
    }
    return lookup_one(name, MPYK_TYPE_CODE_TYPEDEF);
}

/* "[2][3]" is an array of 2 arrays of 3, so the last dimension is applied first. */
static MpykType *
apply_dimensions(MpykType *type, const char *text)
{
    char *end;
    unsigned long long elements = strtoull(text + 1, &end, 0);

    if (*end != ']') {
        return NULL;
    }
    if (end[1] == '[') {
        type = apply_dimensions(type, end + 1);
    } else if (end[1] != '\0') {
        return NULL;
    }
    return type != NULL ? mpyk_type_array_of(type, elements) : NULL;
}

static MpykType *
lookup_declared(char *name)
{
    char *suffix = name + strcspn(name, "*[");
    char base[NAME_MAX_LENGTH + 1];
    MpykType *type;

    snprintf(base, sizeof(base), "%.*s", (int)(suffix - name), name);
    if (base[0] == '\0') {
        return NULL;
    }
    type = lookup_base(base);
    for (; type != NULL && *suffix == '*'; suffix++) {
        type = mpyk_type_pointer_to(type);
    }
    if (type == NULL || *suffix == '\0') {
        return type;
    }
    return *suffix == '[' ? apply_dimensions(type, suffix) : NULL;
}

MpykType *
mpyk_type_find(const char *name)
{
    char clean[NAME_MAX_LENGTH + 1];
    MpykType *type;
    int found;

    forget_old_generation();
    type = mpyk_map_get(&names, name, &found);
    if (found) {
        return type;
    }
    if (tidy(name, clean) < 0) {
        return NULL;
    }
    drop_word(clean, "const");
    drop_word(clean, "volatile");
    tidy(clean, clean);
    type = lookup_declared(clean);
    if (PyErr_Occurred()) {
        return NULL;
    }
    if (mpyk_map_set(&names, name, type) < 0) {
        PyErr_NoMemory();
        return NULL;
    }
    return type;
}

MpykType *
mpyk_type_need(const char *name)
{
    MpykType *type = mpyk_type_find(name);

    if (type != NULL && mpyk_type_complete(type) < 0) {
        return NULL;
    }
    if ((type == NULL || type->real->incomplete) && !PyErr_Occurred()) {
        mpyk_fail(MPYK_FAIL_TYPE, "There is no type \"%s\" in the debug information.", name);
    }
    return PyErr_Occurred() ? NULL : type;
}

MpykType *
mpyk_type_of_expression(const char *text)
{
    mpyk_handle handle;

    if (strpbrk(text, "'\"\\") !=
        NULL) { /* gdb accepts any text in quotes as a name; see is_name() */
        return mpyk_fail(MPYK_FAIL_VALUE, "An expression for gdb may contain no quotes.");
    }
    if (mpyk_source_expression(text, &handle) < 0) {
        return NULL;
    }
    return mpyk_type_intern(&mpyk_gdb_source, handle);
}

static MpykSymbol *
make_symbol(const struct mpyk_type_source *source, const char *name,
            const struct mpyk_symbol_desc *desc)
{
    MpykSymbol *symbol = mpyk_arena_alloc(sizeof(*symbol));

    if (symbol == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    symbol->name = mpyk_arena_string(name);
    symbol->kind = desc->kind;
    symbol->value = desc->value;
    symbol->address = desc->address;
    symbol->type = mpyk_type_intern(source, desc->type);
    if (symbol->type == NULL || symbol->name == NULL) {
        return NULL;
    }
    if (desc->kind == MPYK_SYMBOL_VARIABLE || desc->kind == MPYK_SYMBOL_FUNCTION) {
        uint64_t address = mpyk_kernel_symbol_address(name, desc->address);
        symbol->address = address != 0 ? address : desc->address;
    }
    return PyErr_Occurred() ? NULL : symbol;
}

/* NULL if no source knows it, or with an exception. */
static MpykSymbol *
look_symbol_up(const char *name)
{
    const struct mpyk_type_source *sources[] = {&mpyk_gdb_source, &mpyk_btf_modules_source};
    struct mpyk_symbol_desc desc;

    for (int i = 0; i < 2 && !PyErr_Occurred(); i++) {
        /* Symbols come from gdb even if another source of types was chosen. */
        if ((i == 0 || mpyk_source_is_used(sources[i])) &&
            mpyk_source_symbol(sources[i], name, &desc) == 0) {
            return make_symbol(sources[i], name, &desc);
        }
    }
    return NULL;
}

const MpykSymbol *
mpyk_symbol_find(const char *name)
{
    MpykSymbol *symbol;
    int found;

    if (!is_name(name, 0)) {
        return NULL;
    }
    forget_old_generation();
    symbol = mpyk_map_get(&symbols, name, &found);
    if (!found) {
        symbol = look_symbol_up(name);
    }
    if (PyErr_Occurred()) {
        return NULL;
    }
    if (!found && mpyk_map_set(&symbols, name, symbol) < 0) {
        PyErr_NoMemory();
        return NULL;
    }
    return symbol;
}

static void __attribute__((destructor))
free_names(void)
{
    forget_names();
}
