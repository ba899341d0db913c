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

/*
 * Split the line of the running command.  Returns the number of words, with the name of the
 * command.
 */
int mpyk_split_line(struct mpyk_words *words);

/* Give (kind, argv) to pykdump.runtime.runner.main().  Its return value, or 1 when that failed. */
int mpyk_run(const char *kind, int argc, char *const *argv);

/*
 * The number of active runs.  It is more than one if a program runs a crash command that is a
 * program.
 */
int mpyk_run_depth(void);

/* crash calls this for `epython`. */
void mpyk_cmd_epython(void);

#endif /* MPYK_EXTENSION_EPYTHON_H */
