/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See command_table.h. */
#include "crash/crash_compat.h"

#include "commands_generated.h"
#include "session/command_table.h"

/*
 * crash keeps a pointer to the table, so it must have room for commands that are registered later.
 */
#define COMMANDS_MAX 512

/* The target of help_data[] of a command: name, summary, synopsis, text, NULL. */
struct help_page {
    char *lines[5];
};

static struct command_table_entry commands[COMMANDS_MAX + 1];
static struct help_page pages[COMMANDS_MAX];
static int is_bundled[COMMANDS_MAX];
static int command_count;
static cmd_func_t run_program; /* crash calls this for all commands except `epython` */

static const char epython_text[] =
    "  Run a Python program on this dump, with the whole of pykdump at hand.\n"
    "  Without a program, take Python statements one by one until exit() or Ctrl-D;\n"
    "  the Tab key completes names, members, symbols, types and crash commands.\n"
    "\n"
    "    PROGRAM       a file, or a name found in $PYKDUMPPATH or in the bundle\n"
    "    -c CODE       run one line of Python\n"
    "    -m MODULE     run a module of the bundle as a program\n"
    "    -i            after the program, go on with statements in its namespace\n"
    "    -d N          debug level N for the program\n"
    "    -h            show all options\n"
    "    -V            show the versions of everything involved";

/*
 * A copy with every % doubled, because crash prints help through printf().  NULL if memory is out.
 */
static char *
escaped(const char *text)
{
    char *copy = malloc(2 * strlen(text) + 1), *out = copy;

    if (copy == NULL) {
        return NULL;
    }
    for (; *text != '\0'; text++) {
        if (*text == '%') {
            *out++ = '%';
        }
        *out++ = *text;
    }
    *out = '\0';
    return copy;
}

/*
 * crash prints a line of the description unchanged if it has a % but no %s; otherwise through
 * printf().
 */
static char *
escaped_text(const char *text)
{
    return strchr(text, '%') != NULL && strstr(text, "%s") == NULL ? strdup(text) : escaped(text);
}

static void
page_clear(struct help_page *page)
{
    for (size_t i = 0; i < Py_ARRAY_LENGTH(page->lines); i++) {
        free(page->lines[i]);
        page->lines[i] = NULL;
    }
}

static int
page_fill(struct help_page *page, const char *name, const char *summary, const char *synopsis,
          const char *text)
{
    page->lines[0] = strdup(name);
    page->lines[1] = escaped(summary);
    page->lines[2] = escaped(synopsis);
    page->lines[3] = escaped_text(text);
    for (int i = 0; i < 4; i++) {
        if (page->lines[i] == NULL) {
            page_clear(page);
            return -1;
        }
    }
    return 0;
}

/*
 * In minimal mode crash warns of each command that does not have the flag MINIMAL, so all commands
 * get it.  On a live system crash first updates its task table, as it does for its own commands.
 */
static ulong
command_flags(void)
{
    ulong flags = 0;

    if (pc->flags & MINIMAL_MODE) {
        flags |= MINIMAL;
    }
    if (ACTIVE()) {
        flags |= REFRESH_TASK_TABLE;
    }
    return flags;
}

static int
table_add(const char *name, cmd_func_t func, const char *summary, const char *synopsis,
          const char *text)
{
    struct help_page *page = &pages[command_count];

    if (command_count >= COMMANDS_MAX || page_fill(page, name, summary, synopsis, text) < 0) {
        return -1;
    }
    commands[command_count] = (struct command_table_entry){
        .name = page->lines[0],
        .func = func,
        .help_data = page->lines,
        .flags = command_flags(),
    };
    return command_count++;
}

int
mpyk_command_add(const char *name, const char *summary, const char *synopsis, const char *text,
                 const char **reason)
{
    if (*name == '\0' || strpbrk(name, " \t|<>!\"'") != NULL) {
        *reason = "a command's name is one word without quotes and redirection";
        return -1;
    }
    if (get_command_table_entry((char *)name) != NULL) {
        return 1;
    }
    if (table_add(name, run_program, summary, synopsis, text) < 0) {
        *reason = "the command table is full";
        return -1;
    }
    help_init();
    return 0;
}

int
mpyk_command_is_bundled(const char *name)
{
    for (int i = 0; i < command_count; i++) {
        if (is_bundled[i] && strcmp(commands[i].name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

const char *
mpyk_command_name(int index)
{
    return index >= 0 && index < command_count ? commands[index].name : NULL;
}

void
mpyk_commands_clear(void)
{
    while (command_count > 0) {
        command_count--;
        page_clear(&pages[command_count]);
        commands[command_count] = (struct command_table_entry){0};
    }
}

/*
 * Register a command of the bundle, unless another extension has taken its name.  Otherwise crash
 * would refuse the whole file.
 */
static void
add_bundled(const struct mpyk_command *command)
{
    int index;

    if (get_command_table_entry((char *)command->name) != NULL) {
        fprintf(fp, "mpykdump: there is a `%s` command already; use `epython %s`.\n", command->name,
                command->name);
        return;
    }
    index = table_add(command->name, run_program, command->synopsis, "[options]", command->text);
    if (index >= 0) {
        is_bundled[index] = 1;
    }
}

int
mpyk_commands_register(cmd_func_t epython, cmd_func_t program)
{
    run_program = program;
    if (table_add("epython", epython, "run a Python program", "[options] [PROGRAM [ARGUMENT ...]]",
                  epython_text) < 0) {
        return -1;
    }
    commands[0].flags |= MINIMAL;
    /* If another copy of this extension is loaded, crash's own message is enough. */
    if (get_command_table_entry(commands[0].name) == NULL) {
        for (const struct mpyk_command *command = mpyk_commands; command->name != NULL; command++) {
            add_bundled(command);
        }
    }
    register_extension(commands);
    return 0;
}
