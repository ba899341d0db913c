/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See readline_access.h.  This unit knows neither Python nor crash. */
#define _GNU_SOURCE
#include "crash/readline_access.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define FUNCTION_NAME(result, name, parameters) #name,
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct mpyk_readline mpyk_rl;
static const char *const function_names[] = {MPYK_READLINE_FUNCTIONS(FUNCTION_NAME)};

/* Our history, while crash's own is in readline. */
static struct mpyk_history our_history;
static int our_history_base = 1;

void *
mpyk_readline_place(const char *name)
{
    return dlsym(RTLD_DEFAULT, name);
}

int
mpyk_readline_found(void)
{
    static const char *const needed[] = {"rl_attempted_completion_function", "rl_instream",
                                         "rl_outstream", "rl_line_buffer", "history_base"};
    static int known;
    void **pointers = (void **)&mpyk_rl;

    if (known != 0) {
        return known > 0;
    }
    known = 1;
    for (size_t i = 0; i < COUNT(function_names); i++) {
        pointers[i] = dlsym(RTLD_DEFAULT, function_names[i]);
        known = pointers[i] == NULL ? -1 : known;
    }
    for (size_t i = 0; i < COUNT(needed); i++) {
        known = mpyk_readline_place(needed[i]) == NULL ? -1 : known;
    }
    return known > 0;
}

/* Exchange our history and crash's in readline. */
static void
exchange_history(void)
{
    struct mpyk_history *now = mpyk_rl.history_get_history_state();
    int *place = mpyk_readline_place("history_base"), base = *place;

    if (now != NULL) {
        mpyk_rl.history_set_history_state(&our_history);
        *place = our_history_base;
        our_history = *now;
        our_history_base = base;
        free(now);
    }
}

void
mpyk_readline_enter(struct mpyk_readline_setting *settings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct mpyk_readline_setting *s = &settings[i];

        s->place = mpyk_readline_place(s->name);
        if (s->place != NULL) {
            memcpy(&s->saved, s->place, s->size);
            memcpy(s->place, &s->ours, s->size);
        }
    }
    exchange_history();
}

void
mpyk_readline_leave(const struct mpyk_readline_setting *settings, size_t count)
{
    exchange_history();
    for (size_t i = 0; i < count; i++) {
        if (settings[i].place != NULL) {
            memcpy(settings[i].place, &settings[i].saved, settings[i].size);
        }
    }
}

void
mpyk_readline_remember(const char *line)
{
    if (mpyk_readline_found()) {
        exchange_history();
        mpyk_rl.add_history(line);
        exchange_history();
    }
}

void
mpyk_readline_forget(void)
{
    if (our_history.entries != NULL && mpyk_readline_found()) {
        exchange_history();
        mpyk_rl.clear_history();
        exchange_history();
        free(our_history.entries);
        memset(&our_history, 0, sizeof(our_history));
        our_history_base = 1;
    }
}
