/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the recorder does when the truth is recorded: it lets the kernel panic if the kernel's command line asks for it.
 */
#include "guest.h"

#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define WORD "mpyk.ending="

static const struct {
    const char *name, *path, *text;
} endings[] = {
    {"sysrq", "/proc/sysrq-trigger", "c"},
    {"null-dereference", "/proc/mpyk_testmod_control", "null-dereference"},
};

static void end(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(endings); i++) {
        size_t size = strlen(endings[i].name);

        if (strncmp(name, endings[i].name, size) || !strchr(" \n", name[size]))
            continue;
        /* The kernel's own text must not come in the middle of READY, which the terminal may still have in its buffer. */
        tcdrain(STDOUT_FILENO);
        usleep(500000);
        write_file(endings[i].path, endings[i].text);
        fail("the kernel did not panic");
    }
    fail("there is no ending %s", name);
}

void end_as_told(void)
{
    char line[4096] = "";
    int fd = must(open("/proc/cmdline", O_RDONLY | O_CLOEXEC), "open /proc/cmdline");
    const char *word;

    must(read(fd, line, sizeof(line) - 1), "read /proc/cmdline");
    close(fd);
    word = strstr(line, WORD);
    if (word)
        end(word + strlen(WORD));
}
