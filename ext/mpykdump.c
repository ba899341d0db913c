/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The extension's entry: `extend` runs the constructor, which only registers commands; `extend -u`
 * runs the destructor, which ends Python.  Nothing here calls exit(): an unsuitable crash gets one
 * sentence.
 */
#include "pycompat.h"
#include "crash_compat.h"
#include "epython.h"
#include "gdb_bridge.h"

#include "commands_generated.h"

/* crash keeps a pointer to the table, so commands registered later need room in it. */
#define COMMANDS_MAX 512

/* What help_data[] of a command points to: name, summary, synopsis, text, NULL. */
struct help_page {
    char *lines[5];
};

static struct command_table_entry commands[COMMANDS_MAX + 1];
static struct help_page pages[COMMANDS_MAX];
static int is_bundled[COMMANDS_MAX];
static int command_count;

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

/* crash prints help through printf(): a copy with every % doubled.  NULL when memory is short. */
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

/* crash prints a line of the description as it is when it has a % but no %s, and through printf()
 * otherwise. */
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

/* Run a command of the bundle, or a program that registered itself. */
static void
cmd_program(void)
{
    struct mpyk_words words;
    const char *kind = "program";

    mpyk_split_line(&words);
    for (int i = 0; i < command_count; i++) {
        if (is_bundled[i] && strcmp(commands[i].name, words.argv[0]) == 0) {
            kind = "command";
        }
    }
    if (pc->flags & MINIMAL_MODE) {
        fprintf(fp, "%s: not available in minimal mode; `epython` is.\n", words.argv[0]);
        return;
    }
    (void)mpyk_run(kind, words.argc, words.argv);
}

/*
 * In minimal mode crash warns of each command that lacks the flag, so there all have it
 * (cmd_program() tells its user). On a live system the task table is brought up to date first, as
 * for crash's own commands.
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
        *reason = "there is a command of this name already";
        return -1;
    }
    if (table_add(name, cmd_program, summary, synopsis, text) < 0) {
        *reason = "the command table is full";
        return -1;
    }
    help_init();
    return 0;
}

const char *
mpyk_command_name(int index)
{
    return index >= 0 && index < command_count ? commands[index].name : NULL;
}

static void
table_clear(void)
{
    while (command_count > 0) {
        command_count--;
        page_clear(&pages[command_count]);
        commands[command_count] = (struct command_table_entry){0};
    }
}

/* A program of ours must not make crash refuse the whole file because another extension took its
 * name. */
static void
add_bundled(const struct mpyk_command *command)
{
    int index;

    if (get_command_table_entry((char *)command->name) != NULL) {
        fprintf(fp, "mpykdump: there is a `%s` command already; use `epython %s`.\n", command->name,
                command->name);
        return;
    }
    index = table_add(command->name, cmd_program, command->synopsis, "[options]", command->text);
    if (index >= 0) {
        is_bundled[index] = 1;
    }
}

static void __attribute__((constructor))
mpyk_load(void)
{
    if (pc == NULL) {
        return;
    }
    /* Before all else: another crash's structures may look different too. */
    if (!mpyk_gdb_fits()) {
        fprintf(fp,
                "mpykdump: this file was built for crash %s, which has gdb %d; the crash that runs "
                "has another. Load the file that was made for it; nothing was registered.\n",
                MPYK_BUILT_FOR_CRASH, mpyk_gdb_major());
        return;
    }
    if (pc->curext == NULL) {
        return;
    }
    /* A relative path is only right until the next `cd`. */
    (void)mpyk_so_path();
    if (table_add("epython", mpyk_cmd_epython, "run a Python program",
                  "[options] [PROGRAM [ARGUMENT ...]]", epython_text) < 0) {
        fprintf(fp, "mpykdump: out of memory; nothing was registered.\n");
        return;
    }
    commands[0].flags |= MINIMAL;
    /* With another copy of this extension loaded, crash's one message is enough. */
    if (get_command_table_entry(commands[0].name) == NULL) {
        for (const struct mpyk_command *command = mpyk_commands; command->name != NULL; command++) {
            add_bundled(command);
        }
    }
    register_extension(commands);
}

/* At exit() from within a program, Python is still on the stack: then its memory goes with the
 * process. */
static void __attribute__((destructor))
mpyk_unload(void)
{
    if (mpyk_run_depth() == 0) {
        mpyk_interp_stop();
        table_clear();
    }
}
