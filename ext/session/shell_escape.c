/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See shell_escape.h. */
#include "crash/crash_compat.h"

#include "guard/signals.h"
#include "session/shell_escape.h"

#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

static const char *
skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

/* The text behind the word `word`; NULL if the line starts with another one. */
static const char *
behind(const char *line, const char *word)
{
    size_t size = strlen(word);

    return strncmp(line, word, size) == 0 && (line[size] == ' ' || line[size] == '\t')
               ? skip_blanks(line + size)
               : NULL;
}

/* The command for the shell; NULL if the line is no shell escape, or one without a command. */
static const char *
shell_command_of(const char *line)
{
    const char *gdb, *command;

    line = skip_blanks(line);
    gdb = behind(line, "gdb");
    line = gdb != NULL ? gdb : line;
    command = *line == '!' ? skip_blanks(line + 1) : behind(line, "shell");
    return command != NULL && *command != '\0' ? command : NULL;
}

/* Start a shell that gets SIGINT as a program at a shell's prompt does.  0 or an error number. */
static int
start_shell(const char *command, pid_t *child)
{
    char *const words[] = {"sh", "-c", (char *)command, NULL};
    posix_spawnattr_t attributes;
    sigset_t none, interrupt;
    int error = posix_spawnattr_init(&attributes);

    if (error != 0) {
        return error;
    }
    sigemptyset(&none);
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &interrupt);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    error = posix_spawn(child, "/bin/sh", NULL, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    return error;
}

int
mpyk_shell_escape(const char *line)
{
    const char *command = shell_command_of(line);
    pid_t child;
    int error;

    if (command == NULL) {
        return 0;
    }
    fflush(stdout);
    fflush(fp);
    error = start_shell(command, &child);
    if (error != 0) {
        fprintf(fp, "cannot start /bin/sh: %s\n", strerror(error));
        return 1;
    }
    mpyk_signals_child(child);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    mpyk_signals_child(0);
    return 1;
}
