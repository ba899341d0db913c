/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Runs ordinary programs of the root disk: ip, tc and nft to set the guest up, and ss, findmnt and others to record it.
 */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_WORDS 48
#define MAX_LINE 1024
#define LIMIT 60 /* seconds */
#define CHUNK (64u << 10)

/* Split a line at blanks, in place. The array of words ends with NULL, as execvp() wants it. */
static void split(char *line, char *words[MAX_WORDS])
{
    int count = 0;

    for (char *word = strtok(line, " \n"); word && count < MAX_WORDS - 1; word = strtok(NULL, " \n"))
        words[count++] = word;
    words[count] = NULL;
}

static void run_child(char *const words[], int input, int output)
{
    int console = open("/dev/console", O_WRONLY | O_NOCTTY | O_CLOEXEC);

    dup2(input, 0);
    dup2(output >= 0 ? output : console, 1);
    dup2(console, 2);
    setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    alarm(LIMIT); /* a program must not wait for ever in a file system that does not answer */
    execvp(words[0], words);
    _exit(127);
}

/* Wait for a program. If it failed, write a line: another kernel may lack what it asks for. */
static void finish(pid_t pid, const char *name)
{
    int status;

    must(waitpid(pid, &status, 0), name);
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        say("%s ended with status 0x%x", name, status);
}

void run_program(const char *line)
{
    int nothing = must(open("/dev/null", O_RDONLY | O_CLOEXEC), "open /dev/null");
    char copy[MAX_LINE], *words[MAX_WORDS];
    pid_t pid;

    snprintf(copy, sizeof(copy), "%s", line);
    split(copy, words);
    pid = must(fork(), "fork");
    if (pid == 0)
        run_child(words, nothing, -1);
    close(nothing);
    finish(pid, line);
}

char *output_of(const char *line, const char *network, size_t *size)
{
    int nothing = must(open("/dev/null", O_RDONLY | O_CLOEXEC), "open /dev/null");
    char copy[MAX_LINE], *words[MAX_WORDS], *data = NULL;
    int ends[2];
    ssize_t done;
    pid_t pid;

    snprintf(copy, sizeof(copy), "%s", line);
    split(copy, words);
    must(pipe2(ends, O_CLOEXEC), "pipe");
    pid = must(fork(), "fork");
    if (pid == 0) {
        if (network)
            enter_network(network);
        run_child(words, nothing, ends[1]);
    }
    close(ends[1]);
    *size = 0;
    do {
        data = realloc(data, *size + CHUNK);
        if (!data)
            fail("no memory for the output of %s", line);
        done = read(ends[0], data + *size, CHUNK);
        *size += done > 0 ? done : 0;
    } while (done > 0);
    close(ends[0]);
    close(nothing);
    finish(pid, line);
    return data;
}

/* Run the program of one section's first line with the section's other lines as its input. */
static void run_section(char *command, int input)
{
    char *words[MAX_WORDS];
    pid_t pid;

    must(lseek(input, 0, SEEK_SET), "rewind a section");
    pid = must(fork(), "fork");
    if (pid == 0) {
        split(command, words);
        run_child(words, input, -1);
    }
    finish(pid, command);
    must(ftruncate(input, 0), "empty a section");
    must(lseek(input, 0, SEEK_SET), "rewind a section");
}

void run_sections(const char *path)
{
    FILE *file = fopen(path, "re");
    int input = must(memfd_create("section", MFD_CLOEXEC), "memfd_create");
    char line[MAX_LINE], command[MAX_LINE] = "";

    if (!file)
        fail("open %s", path);
    while (fgets(line, sizeof(line), file)) {
        if (line[0] != '@') {
            must(write(input, line, strlen(line)), "write a section");
            continue;
        }
        if (command[0])
            run_section(command, input);
        snprintf(command, sizeof(command), "%s", line + 1);
    }
    run_section(command, input);
    fclose(file);
    close(input);
}
