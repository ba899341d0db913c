/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands and runs; needs crash_compat.h. */
#ifndef MPYK_EPYTHON_H
#define MPYK_EPYTHON_H

/* A command line, split; argv points into text. */
struct mpyk_words {
    int argc;
    char *argv[MAXARGS];
    char text[2 * BUFSIZE];
};

/* Split the line of the running command; the number of words, the command's name included. */
int mpyk_split_line(struct mpyk_words *words);

/* crash's entry for `epython`. */
void mpyk_cmd_epython(void);

/* How many runs are active: more than one when a program runs a crash command that is a program. */
int mpyk_run_depth(void);

/* mod_*.c: a new top-level run begins; forget what a live system or a `mod` command may have
 * changed. */
void mpyk_run_starts(void);

/* mpykdump.c: add a command that runs `epython NAME`.  0; -1 with a reason in *reason. */
int mpyk_command_add(const char *name, const char *summary, const char *synopsis, const char *text,
                     const char **reason);

/* The name of the i-th command of ours, NULL after the last. */
const char *mpyk_command_name(int index);

#endif /* MPYK_EPYTHON_H */
