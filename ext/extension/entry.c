/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The entry of this file.  `extend` runs the constructor, which only registers commands.  `extend
 * -u` runs the destructor, which ends Python.  Nothing here calls exit(): an unsuitable crash gets
 * one sentence.
 */
#include "crash/crash_compat.h"

#include "extension/bundle_file.h"
#include "extension/epython.h"
#include "extension/interpreter.h"
#include "extension/pin.h"
#include "guard/crash_fit.h"
#include "session/command_table.h"

static void __attribute__((noinline))
run_program(void)
{
    struct mpyk_words words;

    mpyk_split_line(&words);
    if (pc->flags & MINIMAL_MODE) {
        fprintf(fp, "%s: not available in minimal mode; `epython` is.\n", words.argv[0]);
        return;
    }
    (void)mpyk_run(mpyk_command_is_bundled(words.argv[0]) ? "command" : "program", words.argc,
                   words.argv);
}

/* Run a command of the bundle, or a program that registered itself. */
static void
cmd_program(void)
{
    run_program();
    if (mpyk_run_depth() == 0) {
        (void)mpyk_unpin();
    }
}

/*
 * `extend -u` and the end of crash.  When a program calls exit(), Python is still on the stack:
 * then its memory ends with the process.
 */
static void __attribute__((destructor))
mpyk_unload(void)
{
    if (mpyk_run_depth() == 0) {
        mpyk_interp_stop();
        mpyk_commands_clear();
    }
}

static void __attribute__((constructor))
mpyk_load(void)
{
    /* This comes first: the structures of an unsuitable crash may differ too. */
    if (!mpyk_fits() || pc == NULL || pc->curext == NULL) {
        return;
    }
    /* A relative path is right only until the next `cd`, and the file until it is replaced. */
    mpyk_bundle_file_keep();
    if (mpyk_commands_register(mpyk_cmd_epython, cmd_program) < 0) {
        fprintf(fp, "mpykdump: out of memory; nothing was registered.\n");
    }
    /*
     * At exit() the destructor is called after those of gdb's C++ objects, but finalizers of a
     * program may still ask gdb.  A function that is registered later is called earlier.
     */
    (void)atexit(mpyk_unload);
}
