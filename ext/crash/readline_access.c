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

/* crash's history, while ours is in readline. */
static struct mpyk_history crash_history;
static int crash_history_base;

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

/* Put crash's history aside, so that readline has none. */
static void
set_history_aside(void)
{
    struct mpyk_history none = {0}, *now = mpyk_rl.history_get_history_state();
    int *base = mpyk_readline_place("history_base");

    if (now != NULL) {
        crash_history = *now;
        crash_history_base = *base;
        mpyk_rl.history_set_history_state(&none);
        *base = 1;
        free(now);
    }
}

/* Free the history that readline has got since, and put crash's back. */
static void
put_history_back(void)
{
    struct mpyk_history *now;
    int *base = mpyk_readline_place("history_base");

    if (crash_history_base == 0) {
        return;
    }
    mpyk_rl.clear_history();
    now = mpyk_rl.history_get_history_state();
    if (now != NULL) {
        free(now->entries);
        free(now);
    }
    mpyk_rl.history_set_history_state(&crash_history);
    *base = crash_history_base;
    crash_history_base = 0;
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
    set_history_aside();
}

void
mpyk_readline_leave(const struct mpyk_readline_setting *settings, size_t count)
{
    put_history_back();
    for (size_t i = 0; i < count; i++) {
        if (settings[i].place != NULL) {
            memcpy(settings[i].place, &settings[i].saved, settings[i].size);
        }
    }
}
