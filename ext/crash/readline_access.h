/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The readline library inside crash.  It is gdb's copy; some distributions link the shared one.
 *
 * Its names are looked up when the first line is read.  So the extension also loads into a crash
 * that does not export them; then lines are read without editing.  A crash tree has no header of
 * readline, so the declarations are here.  They are the same in all releases from 6.3 on.
 */
#ifndef MPYK_READLINE_ACCESS_H
#define MPYK_READLINE_ACCESS_H

#include <stddef.h>

/* HISTORY_STATE of readline's history.h. */
struct mpyk_history {
    void **entries;
    int offset, length, size, flags;
};

/* X(result, name, parameters): without these functions lines cannot be edited. */
#define MPYK_READLINE_FUNCTIONS(X)                                                                 \
    X(void, rl_callback_handler_install, (const char *prompt, void (*on_line)(char *)))            \
    X(void, rl_callback_read_char, (void))                                                         \
    X(void, rl_callback_handler_remove, (void))                                                    \
    X(void, rl_callback_sigcleanup, (void))                                                        \
    X(void, rl_free_line_state, (void))                                                            \
    X(void, rl_cleanup_after_signal, (void))                                                       \
    X(void, rl_check_signals, (void))                                                              \
    X(int, rl_forced_update_display, (void))                                                       \
    X(void, rl_redisplay, (void))                                                                  \
    X(int, rl_insert_text, (const char *text))                                                     \
    X(char **, rl_completion_matches, (const char *text, char *(*next)(const char *, int)))        \
    X(void, rl_display_match_list, (char **matches, int count, int longest))                       \
    X(void, add_history, (const char *line))                                                       \
    X(void, clear_history, (void))                                                                 \
    X(struct mpyk_history *, history_get_history_state, (void))                                    \
    X(void, history_set_history_state, (struct mpyk_history * state))

#define MPYK_READLINE_POINTER(result, name, parameters) result(*name) parameters;

/* The functions; valid after mpyk_readline_found() has returned true. */
extern struct mpyk_readline {
    MPYK_READLINE_FUNCTIONS(MPYK_READLINE_POINTER)
} mpyk_rl;

/* A variable of readline: its address (NULL if this release has none), our value, crash's value. */
union mpyk_readline_value {
    int number;
    const void *pointer;
    void (*function)(void);
};

struct mpyk_readline_setting {
    const char *name;
    size_t size;
    union mpyk_readline_value ours, saved;
    void *place;
};

/* True if this crash has everything that editing needs. */
int mpyk_readline_found(void);

/* The address of a variable; NULL if there is none. */
void *mpyk_readline_place(const char *name);

/* Set our settings, and an empty history; put those of crash back. */
void mpyk_readline_enter(struct mpyk_readline_setting *settings, size_t count);
void mpyk_readline_leave(const struct mpyk_readline_setting *settings, size_t count);

#endif /* MPYK_READLINE_ACCESS_H */
