/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The key bindings and the variables of readline (those of inputrc).  A program may change them for
 * its own lines only, so they are saved before such a line is read and restored after it.
 */
#ifndef MPYK_READLINE_BINDINGS_H
#define MPYK_READLINE_BINDINGS_H

struct mpyk_readline_bindings;

/* Remember all bindings and variables.  NULL if memory is out, or if this crash does not export
 * what is needed: then no binding may be changed. */
struct mpyk_readline_bindings *mpyk_readline_bindings_save(void);

/* Let readline obey a line in the syntax of inputrc.  0; another number if it refuses the line. */
int mpyk_readline_bind(const char *line);

/* Restore what was remembered, and free it. */
void mpyk_readline_bindings_restore(struct mpyk_readline_bindings *saved);

#endif /* MPYK_READLINE_BINDINGS_H */
