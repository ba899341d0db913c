/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asking gdb 7.6, whose errors are longjmps to the innermost TRY_CATCH and are printed on the way;
 * a part of gdb7_bridge.c, which has included gdb's headers.  This gdb has no observer for files
 * that are about to be freed; see look_at_files().
 */
#ifndef MPYK_GDB7_GUARD_H
#define MPYK_GDB7_GUARD_H

/* crash's own addition to gdb: where an error goes instead of to TRY_CATCH. */
extern void (*error_hook)(void);

#define MOST_FILES 1024
#define MOST_CATCHERS 64

static struct observer *watch_observer;
static void (*watch_changed)(const void *owner);
static const struct objfile *files[MOST_FILES];
static int file_count;

/* Where on the stack our TRY_CATCHes are that were not left yet, as far as we know. */
static const char *catchers[MOST_CATCHERS];
static int catcher_count;

static int
failed(struct mpyk_source_error *error, const char *text)
{
    snprintf(error->text, sizeof(error->text), "%s", text != NULL ? text : "");
    return -1;
}

/*
 * crash leaves its errors by a longjmp() over our TRY_CATCH.  gdb then still thinks that it is
 * inside and would jump back into a frame that is gone: end those whose frames lie below ours.
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
 * Tell of files that are gone since the last time; 1 if there were any.  crash frees one only in a
 * command (`mod -d`), so a handle is never older than that without our being asked in between.
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

/* What a function below is asked, and where it puts the answer. */
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

/* Run body(request) with C as the language, whatever gdb thinks, and turn an error into text. */
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
