/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See readline_bindings.h.  A keymap of readline is an array with an entry for each byte and one
 * more; an entry may lead to another keymap (keymaps.h; the same in all releases from 6.3 on).
 * Bindings are restored by copying the arrays back.
 */
#include "crash/readline_bindings.h"

#include "crash/readline_access.h"

#include <stdlib.h>
#include <string.h>

#define KEYS 257
/* A tree of keymaps is small: emacs and vi, with the sequences of the keyboard, have some 20. */
#define KEYMAPS_MAX 512
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { IS_FUNCTION = 0, IS_KEYMAP = 1, IS_MACRO = 2 };

/* KEYMAP_ENTRY */
struct entry {
    char type;
    void *target;
};

static const char *const roots[] = {"emacs-standard", "vi-insert", "vi-command"};

/* All variables but history-size, keymap, and those whose value cannot be asked for. */
static const char *const variables[] = {"bell-style",
                                        "bind-tty-special-chars",
                                        "blink-matching-paren",
                                        "byte-oriented",
                                        "colored-completion-prefix",
                                        "colored-stats",
                                        "comment-begin",
                                        "completion-display-width",
                                        "completion-ignore-case",
                                        "completion-map-case",
                                        "completion-prefix-display-length",
                                        "completion-query-items",
                                        "convert-meta",
                                        "disable-completion",
                                        "echo-control-characters",
                                        "editing-mode",
                                        "emacs-mode-string",
                                        "enable-active-region",
                                        "enable-bracketed-paste",
                                        "enable-keypad",
                                        "enable-meta-key",
                                        "expand-tilde",
                                        "history-preserve-point",
                                        "horizontal-scroll-mode",
                                        "input-meta",
                                        "isearch-terminators",
                                        "keyseq-timeout",
                                        "mark-directories",
                                        "mark-modified-lines",
                                        "mark-symlinked-directories",
                                        "match-hidden-files",
                                        "menu-complete-display-prefix",
                                        "output-meta",
                                        "page-completions",
                                        "prefer-visible-bell",
                                        "print-completions-horizontally",
                                        "revert-all-at-newline",
                                        "show-all-if-ambiguous",
                                        "show-all-if-unmodified",
                                        "show-mode-in-prompt",
                                        "skip-completed-text",
                                        "vi-cmd-mode-string",
                                        "vi-ins-mode-string",
                                        "visible-stats"};

struct mpyk_readline_bindings {
    struct entry *current;             /* the keymap in use */
    struct entry *places[KEYMAPS_MAX]; /* the arrays in readline */
    struct entry (*copies)[KEYS];
    size_t count;
    char *values[COUNT(variables)];
};

static struct {
    int (*parse_and_bind)(char *line);
    char *(*variable_value)(const char *name);
    int (*variable_bind)(const char *name, const char *value);
    struct entry *(*get_keymap)(void);
    struct entry *(*get_keymap_by_name)(const char *name);
    void (*set_keymap)(struct entry *keymap);
} rl;

static const char *const names[] = {"rl_parse_and_bind",     "rl_variable_value",
                                    "rl_variable_bind",      "rl_get_keymap",
                                    "rl_get_keymap_by_name", "rl_set_keymap"};
_Static_assert(sizeof(rl) == sizeof(void *) * COUNT(names), "a name for each function");

static int
found(void)
{
    void **pointers = (void **)&rl;

    if (pointers[0] != NULL) {
        return 1;
    }
    for (size_t i = COUNT(names); i-- > 0;) {
        pointers[i] = mpyk_readline_place(names[i]);
        if (pointers[i] == NULL) {
            pointers[0] = NULL;
            return 0;
        }
    }
    return 1;
}

static int
is_saved(const struct mpyk_readline_bindings *saved, const struct entry *keymap)
{
    for (size_t i = 0; i < saved->count; i++) {
        if (saved->places[i] == keymap) {
            return 1;
        }
    }
    return 0;
}

/* Note a keymap and those that it leads to.  0; -1 if there are too many. */
static int
note(struct mpyk_readline_bindings *saved, struct entry *keymap)
{
    if (keymap == NULL || is_saved(saved, keymap)) {
        return 0;
    }
    if (saved->count == KEYMAPS_MAX) {
        return -1;
    }
    saved->places[saved->count++] = keymap;
    for (size_t i = 0; i < KEYS; i++) {
        if (keymap[i].type == IS_KEYMAP && note(saved, keymap[i].target) < 0) {
            return -1;
        }
    }
    return 0;
}

/*
 * readline frees the text of a macro that another binding replaces.  So the keymaps in use get
 * copies of these texts.  0; -1 if memory is out, but all keymaps can be restored.
 */
static int
copy_keymaps(struct mpyk_readline_bindings *saved)
{
    saved->copies = malloc(saved->count * sizeof(saved->copies[0]));
    if (saved->copies == NULL) {
        saved->count = 0;
        return -1;
    }
    for (size_t i = 0; i < saved->count; i++) {
        struct entry *keymap = saved->places[i];

        memcpy(saved->copies[i], keymap, sizeof(saved->copies[i]));
        for (size_t k = 0; k < KEYS; k++) {
            if (keymap[k].type == IS_MACRO) {
                keymap[k].target = strdup(keymap[k].target);
            }
        }
    }
    return 0;
}

struct mpyk_readline_bindings *
mpyk_readline_bindings_save(void)
{
    struct mpyk_readline_bindings *saved = found() ? calloc(1, sizeof(*saved)) : NULL;

    if (saved == NULL) {
        return NULL;
    }
    saved->current = rl.get_keymap();
    for (size_t i = 0; i < COUNT(roots); i++) {
        if (note(saved, rl.get_keymap_by_name(roots[i])) < 0) {
            free(saved);
            return NULL;
        }
    }
    if (copy_keymaps(saved) < 0) {
        free(saved);
        return NULL;
    }
    for (size_t i = 0; i < COUNT(variables); i++) {
        const char *value = rl.variable_value(variables[i]);

        saved->values[i] = value != NULL ? strdup(value) : NULL;
    }
    return saved;
}

int
mpyk_readline_bind(const char *line)
{
    char *copy = found() ? strdup(line) : NULL;
    int result = copy != NULL ? rl.parse_and_bind(copy) : -1;

    free(copy);
    return result;
}

/* Free the macros of a keymap that is about to be overwritten, and the keymaps that are new. */
static void
free_entries(const struct mpyk_readline_bindings *saved, struct entry *keymap)
{
    for (size_t i = 0; i < KEYS; i++) {
        struct entry *next = keymap[i].target;

        if (keymap[i].type == IS_MACRO) {
            free(keymap[i].target);
        } else if (keymap[i].type == IS_KEYMAP && !is_saved(saved, next)) {
            free_entries(saved, next);
            free(next);
        }
    }
}

static void
restore_variables(struct mpyk_readline_bindings *saved)
{
    for (size_t i = 0; i < COUNT(variables); i++) {
        const char *value = saved->values[i] != NULL ? rl.variable_value(variables[i]) : NULL;

        if (value != NULL && strcmp(value, saved->values[i]) != 0) {
            rl.variable_bind(variables[i], saved->values[i]);
        }
        free(saved->values[i]);
    }
}

void
mpyk_readline_bindings_restore(struct mpyk_readline_bindings *saved)
{
    if (saved == NULL) {
        return;
    }
    restore_variables(saved);
    for (size_t i = 0; i < saved->count; i++) {
        free_entries(saved, saved->places[i]);
    }
    for (size_t i = 0; i < saved->count; i++) {
        memcpy(saved->places[i], saved->copies[i], sizeof(saved->copies[i]));
    }
    rl.set_keymap(saved->current);
    free(saved->copies);
    free(saved);
}
