/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command `epython`, and the one way from crash into Python.  Include crash/crash_compat.h
 * first. */
#ifndef MPYK_EXTENSION_EPYTHON_H
#define MPYK_EXTENSION_EPYTHON_H

/* A command line, split; argv points into text. */
struct mpyk_words {
    int argc;
    char *argv[MAXARGS];
    char text[2 * BUFSIZE];
};

/* Split the line of the running command; the number of words, the command's name included. */
int mpyk_split_line(struct mpyk_words *words);

/* Give (kind, argv) to pykdump.runtime.runner.main().  Its return value, or 1 when that failed. */
int mpyk_run(const char *kind, int argc, char *const *argv);

/* How many runs are active: more than one when a program runs a crash command that is a program. */
int mpyk_run_depth(void);

/* crash calls this for `epython`. */
void mpyk_cmd_epython(void);

#endif /* MPYK_EXTENSION_EPYTHON_H */
