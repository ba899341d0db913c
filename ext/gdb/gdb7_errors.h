/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asks gdb 7.6, whose errors are longjmps to the innermost TRY_CATCH and are printed on the
 * way.  This is a part of gdb7_bridge.c, which has included gdb's headers.  This gdb cannot
 * announce that a file is about to be freed; see look_at_files().
 */
#ifndef MPYK_GDB7_GUARD_H
#define MPYK_GDB7_GUARD_H

/* crash's addition to gdb: an error calls this function instead of jumping to TRY_CATCH. */
extern void (*error_hook)(void);

#define MOST_FILES 1024
#define MOST_CATCHERS 64

static struct observer *watch_observer;
static void (*watch_changed)(const void *owner);
static const struct objfile *files[MOST_FILES];
static int file_count;

/* The places on the stack of our TRY_CATCHes that were probably not left yet. */
static const char *catchers[MOST_CATCHERS];
static int catcher_count;

static int
failed(struct mpyk_source_error *error, const char *text)
{
    snprintf(error->text, sizeof(error->text), "%s", text != NULL ? text : "");
    return -1;
}

/*
 * On an error crash jumps over our TRY_CATCH with longjmp().  gdb then still believes that it is
 * inside, and would jump back into a frame that is gone.  So end all TRY_CATCHes whose frames lie
 * below ours.
 */
static void
catchers_enter(const char *frame)
{
    while (catcher_count > 0 && catchers[catcher_count - 1] <= frame) {
        catcher_count--;
        exceptions_state_mc_action_iter();
    }
    if (catcher_count < MOST_CATCHERS) {
        catchers[catcher_count++] = frame;
    }
}

static void
catchers_leave(void)
{
    if (catcher_count > 0) {
        catcher_count--;
    }
}

enum mpyk_caught
mpyk_catching(void (*call)(void *), void *arg, char *message, size_t size)
{
    volatile struct gdb_exception caught;
    char frame;

    catchers_enter(&frame);
    TRY_CATCH (caught, RETURN_MASK_ALL) {
        call(arg);
    }
    catchers_leave();
    if (caught.reason >= 0) {
        return MPYK_CAUGHT_NOTHING;
    }
    snprintf(message, size, "%s", caught.message != NULL ? caught.message : "");
    return caught.reason == RETURN_QUIT ? MPYK_CAUGHT_QUIT : MPYK_CAUGHT_ERROR;
}

static int
is_freed(const struct objfile *file)
{
    struct objfile *other;

    ALL_OBJFILES (other) {
        if (other == file) {
            return 0;
        }
    }
    return 1;
}

/*
 * Report the files that were freed since the last call; 1 if there were any.  crash frees a file
 * only in a command (`mod -d`), and before any handle of it is used again, this function is called.
 */
static int
look_at_files(void)
{
    struct objfile *file;
    int freed = 0;

    for (int i = 0; i < file_count; i++) {
        if (is_freed(files[i])) {
            freed = 1;
            if (watch_changed != NULL) {
                watch_changed(files[i]);
            }
        }
    }
    file_count = 0;
    ALL_OBJFILES (file) {
        if (file_count < MOST_FILES) {
            files[file_count++] = file;
        }
    }
    return freed;
}

/* A question to a function of the bridge, and the places for its answer. */
struct request {
    const char *name;
    int code;
    mpyk_handle handle;
    mpyk_handle *type;
    struct mpyk_symbol_desc *symbol;
    struct mpyk_type_desc *desc;
    struct mpyk_field_desc *fields;
    int count;
    struct mpyk_target *target;
    char *text;
    size_t size;
};

static struct ui_file *
nowhere(void)
{
    static struct ui_file *stream;

    if (stream == NULL) {
        stream = ui_file_new();
    }
    return stream;
}

/* Run body(request) with C as gdb's language, and turn an error into text. */
static int
guarded(struct mpyk_source_error *error, int (*body)(struct request *), struct request *request)
{
    struct ui_file *printed = gdb_stderr;
    void (*hook)(void) = error_hook;
    volatile struct gdb_exception caught;
    volatile int status = -1;
    enum language language;
    struct value *values;

    error->text[0] = '\0';
    if (look_at_files() && request->handle != NULL) {
        return failed(error, "symbols were removed; look the type up again");
    }
    language = set_language(language_c);
    values = value_mark();
    gdb_stderr = nowhere();
    error_hook = NULL;
    TRY_CATCH (caught, RETURN_MASK_ALL) {
        status = body(request);
    }
    error_hook = hook;
    gdb_stderr = printed;
    value_free_to_mark(values);
    set_language(language);
    return caught.reason < 0 ? failed(error, caught.message) : status;
}

#endif /* MPYK_GDB7_GUARD_H */
