/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands of this extension in crash's tables, with their help pages.  Include
 * crash/crash_compat.h first.
 */
#ifndef MPYK_SESSION_COMMAND_TABLE_H
#define MPYK_SESSION_COMMAND_TABLE_H

/*
 * Register `epython` and the commands of the bundle with crash.  crash calls `epython` for the
 * first one and `program` for all others.  0, or -1 if memory is out.
 */
int mpyk_commands_register(cmd_func_t epython, cmd_func_t program);

/*
 * Add a command that runs `epython NAME`.  0; 1 if there is a command of this name already, which
 * stays as it is; -1 with a reason in *reason.
 */
int mpyk_command_add(const char *name, const char *summary, const char *synopsis, const char *text,
                     const char **reason);

/* The name of command number `index`; NULL after the last. */
const char *mpyk_command_name(int index);

/* Whether a command belongs to the bundle; otherwise a program has registered itself. */
int mpyk_command_is_bundled(const char *name);

/* Free all; before the extension is unloaded. */
void mpyk_commands_clear(void);

#endif /* MPYK_SESSION_COMMAND_TABLE_H */
