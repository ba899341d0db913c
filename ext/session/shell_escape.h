/* SPDX-License-Identifier: GPL-3.0-or-later */
/* "!command" and "shell command" of crash and gdb. */
#ifndef MPYK_SHELL_ESCAPE_H
#define MPYK_SHELL_ESCAPE_H

/*
 * Run the line if it is a shell escape, and wait for its end.  0 if it is something else.  gdb
 * would start the shell as well, but with SIGINT blocked, as it is in this thread while a command
 * runs: then Ctrl-C could not stop it.  Call this under guard.
 */
int mpyk_shell_escape(const char *line);

#endif /* MPYK_SHELL_ESCAPE_H */
