/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See guard.h.  crash leaves a failed command by longjmp() to pc->main_loop_env (within `foreach`,
 * to foreach_loop_env), which would jump over Python's frames.  Each guard sets its own environment
 * there, and keeps the one that it found in a frame on the C stack.  So guards nest as calls do.
 *
 * crash does not say why it jumped, but pc->sbrk shows it.  It is NULL while a guard is active.
 * crash's signal handler first calls restore_sanity(), which always stores the current break in
 * pc->sbrk; error(FATAL) never does.
 */
#include "base/pycompat.h"

#include "crash/crash_compat.h"

#include "base/failure.h"
#include "gdb/catch_exceptions.h"
#include "guard/guard.h"
#include "guard/signals.h"

#include <setjmp.h>

enum guard_mode {
    GUARD_LOOKUP,
    GUARD_GDB,
    GUARD_COMMAND,
};

enum guard_outcome {
    GUARD_RETURNED,
    GUARD_FAILED,
    GUARD_INTERRUPTED,
};

/*
 * Where crash sends output, and what it would close when it cleans up.  All this belongs to the
 * outer command.
 */
struct stream_state {
    FILE *pipe, *ofile, *stdpipe, *ifile, *ifile_pipe, *ifile_ofile, *args_ifile;
    FILE *tmpfile, *tmpfile2, *saved_fp;
    ulong redirect, ifile_in_progress, curcmd_flags;
    off_t ifile_offset;
    pid_t stdpipe_pid, pipe_pid, pipe_shell_pid;
    int eoc_index;
    ulonglong curcmd_private;
    void (*cmd_cleanup)(void *);
    void *cmd_cleanup_arg;
    char pipe_command[BUFSIZE];
};

/* The line from which the outer command was parsed.  args[] point into command_line. */
struct line_state {
    char command_line[BUFSIZE], orig_line[BUFSIZE];
    char *args[MAXARGS];
    int argcnt, optind_, argerrs_;
    char *curcmd, *lastcmd;
    ulong cmdgencur;
    char *runtime_ifile_cmd;
};

struct guard_frame {
    jmp_buf main_loop_env;
    jmp_buf foreach_loop_env;
    ulonglong flags;
    FILE *fp, *error_fp;
    char *error_path, *own_error_path;
    void *sbrk;
    size_t message_mark;
};

static int guard_depth;

/* What crash prints through error() under a guard. */
static struct {
    FILE *stream;
    size_t used;
    char text[16 * 1024];
} messages;

static char captured_path[] = "mpykdump";

static ssize_t
messages_write(void *Py_UNUSED(cookie), const char *text, size_t size)
{
    size_t room = sizeof(messages.text) - 1 - messages.used;
    size_t kept = size < room ? size : room;

    memcpy(messages.text + messages.used, text, kept);
    messages.used += kept;
    messages.text[messages.used] = '\0';
    return (ssize_t)size;
}

static FILE *
messages_stream(void)
{
    cookie_io_functions_t io = {.write = messages_write};

    if (messages.stream == NULL) {
        messages.stream = fopencookie(NULL, "w", io);
        if (messages.stream != NULL) {
            setvbuf(messages.stream, NULL, _IONBF, 0);
        }
    }
    return messages.stream;
}

int
mpyk_guard_depth(void)
{
    return guard_depth;
}

static void
streams_detach(struct stream_state *s)
{
    *s = (struct stream_state){
        .pipe = pc->pipe,
        .ofile = pc->ofile,
        .stdpipe = pc->stdpipe,
        .ifile = pc->ifile,
        .ifile_pipe = pc->ifile_pipe,
        .ifile_ofile = pc->ifile_ofile,
        .args_ifile = pc->args_ifile,
        .tmpfile = pc->tmpfile,
        .tmpfile2 = pc->tmpfile2,
        .saved_fp = pc->saved_fp,
        .redirect = pc->redirect,
        .ifile_in_progress = pc->ifile_in_progress,
        .curcmd_flags = pc->curcmd_flags,
        .ifile_offset = pc->ifile_offset,
        .stdpipe_pid = pc->stdpipe_pid,
        .pipe_pid = pc->pipe_pid,
        .pipe_shell_pid = pc->pipe_shell_pid,
        .eoc_index = pc->eoc_index,
        .curcmd_private = pc->curcmd_private,
        .cmd_cleanup = pc->cmd_cleanup,
        .cmd_cleanup_arg = pc->cmd_cleanup_arg,
    };
    memcpy(s->pipe_command, pc->pipe_command, sizeof(s->pipe_command));
    pc->pipe = pc->ofile = pc->stdpipe = pc->ifile = NULL;
    pc->ifile_pipe = pc->ifile_ofile = pc->args_ifile = NULL;
    pc->tmpfile = pc->tmpfile2 = pc->saved_fp = NULL;
    pc->redirect = FROM_COMMAND_LINE | REDIRECT_NOT_DONE;
    pc->stdpipe_pid = pc->pipe_pid = pc->pipe_shell_pid = 0;
    pc->eoc_index = 0;
    pc->curcmd_flags = 0;
    pc->curcmd_private = 0;
    pc->cmd_cleanup = NULL;
    pc->cmd_cleanup_arg = NULL;
    pc->pipe_command[0] = '\0';
}

static void
streams_attach(const struct stream_state *s)
{
    pc->pipe = s->pipe;
    pc->ofile = s->ofile;
    pc->stdpipe = s->stdpipe;
    pc->ifile = s->ifile;
    pc->ifile_pipe = s->ifile_pipe;
    pc->ifile_ofile = s->ifile_ofile;
    pc->args_ifile = s->args_ifile;
    pc->tmpfile = s->tmpfile;
    pc->tmpfile2 = s->tmpfile2;
    pc->saved_fp = s->saved_fp;
    pc->redirect = s->redirect;
    pc->ifile_in_progress = s->ifile_in_progress;
    pc->ifile_offset = s->ifile_offset;
    pc->curcmd_flags = s->curcmd_flags;
    pc->curcmd_private = s->curcmd_private;
    pc->stdpipe_pid = s->stdpipe_pid;
    pc->pipe_pid = s->pipe_pid;
    pc->pipe_shell_pid = s->pipe_shell_pid;
    pc->eoc_index = s->eoc_index;
    pc->cmd_cleanup = s->cmd_cleanup;
    pc->cmd_cleanup_arg = s->cmd_cleanup_arg;
    memcpy(pc->pipe_command, s->pipe_command, sizeof(s->pipe_command));
}

static void
line_save(struct line_state *s)
{
    memcpy(s->command_line, pc->command_line, sizeof(s->command_line));
    memcpy(s->orig_line, pc->orig_line, sizeof(s->orig_line));
    memcpy(s->args, args, sizeof(s->args));
    s->argcnt = argcnt;
    s->optind_ = optind;
    s->argerrs_ = argerrs;
    s->curcmd = pc->curcmd;
    s->lastcmd = pc->lastcmd;
    s->cmdgencur = pc->cmdgencur;
    s->runtime_ifile_cmd = pc->runtime_ifile_cmd;
}

static void
line_restore(const struct line_state *s)
{
    memcpy(pc->command_line, s->command_line, sizeof(s->command_line));
    memcpy(pc->orig_line, s->orig_line, sizeof(s->orig_line));
    memcpy(args, s->args, sizeof(s->args));
    argcnt = s->argcnt;
    optind = s->optind_;
    argerrs = s->argerrs_;
    pc->curcmd = s->curcmd;
    pc->lastcmd = s->lastcmd;
    pc->runtime_ifile_cmd = s->runtime_ifile_cmd;
}

/*
 * error() writes to where pc->error_path says.  The messages of a lookup become the text of an
 * exception.  The messages of a command belong into its output, in order, unless the user has sent
 * errors elsewhere with `set error`.  While a command runs, pc->error_path must come from malloc(),
 * because `set error` frees it.
 */
static void
errors_divert(struct guard_frame *f, enum guard_mode mode)
{
    f->error_fp = pc->error_fp;
    f->error_path = pc->error_path;
    f->own_error_path = NULL;
    if (mode != GUARD_COMMAND) {
        if (messages_stream() != NULL) {
            f->own_error_path = captured_path;
            pc->error_fp = messages.stream;
        }
    } else if (pc->error_path != NULL && strcmp(pc->error_path, "default") == 0) {
        f->own_error_path = strdup("redirect");
    }
    if (f->own_error_path != NULL) {
        pc->error_path = f->own_error_path;
    }
}

static void
errors_restore(struct guard_frame *f)
{
    if (f->own_error_path == NULL) {
        return;
    }
    if (pc->error_path == f->own_error_path) {
        pc->error_path = f->error_path;
        pc->error_fp = f->error_fp;
    } else {
        free(f->error_path); /* `set error` has freed our path; its own path stays */
        f->own_error_path = NULL;
    }
    if (f->own_error_path != captured_path) {
        free(f->own_error_path);
    }
}

static void
frame_enter(struct guard_frame *f, enum guard_mode mode)
{
    f->flags = pc->flags;
    f->fp = fp;
    f->sbrk = pc->sbrk;
    f->message_mark = messages.used;
    memcpy(&f->main_loop_env, &pc->main_loop_env, sizeof(jmp_buf));
    if (pc->flags & IN_FOREACH) {
        memcpy(&f->foreach_loop_env, &pc->foreach_loop_env, sizeof(jmp_buf));
    }
    pc->flags &= ~(ulonglong)MPYK_COMMAND_FLAGS;
    pc->sbrk = NULL;
    errors_divert(f, mode);
    guard_depth++;
}

static void
frame_leave(struct guard_frame *f)
{
    guard_depth--;
    memcpy(&pc->main_loop_env, &f->main_loop_env, sizeof(jmp_buf));
    if (f->flags & IN_FOREACH) {
        memcpy(&pc->foreach_loop_env, &f->foreach_loop_env, sizeof(jmp_buf));
    }
    pc->flags = (pc->flags & ~(ulonglong)MPYK_COMMAND_FLAGS) | (f->flags & MPYK_COMMAND_FLAGS);
    pc->sbrk = f->sbrk;
    fp = f->fp;
    errors_restore(f);
}

/*
 * An exception of gdb becomes one more message; frame_report() makes the Python exception from it.
 */
static enum guard_outcome
call_catching(mpyk_call call, void *arg)
{
    char *end = messages.text + messages.used;
    enum mpyk_caught caught = mpyk_catching(call, arg, end, sizeof(messages.text) - messages.used);

    if (caught == MPYK_CAUGHT_NOTHING) {
        return GUARD_RETURNED;
    }
    messages.used += strlen(end);
    return caught == MPYK_CAUGHT_QUIT ? GUARD_INTERRUPTED : GUARD_FAILED;
}

/* The jump buffer is out of use as soon as its function returns: no SIGINT may jump then. */
static enum guard_outcome
unwatched(enum guard_outcome outcome)
{
    mpyk_signals_unwatch();
    return outcome;
}

/*
 * The only setjmp().  This function has no local variable that changes after setjmp(), so nothing
 * is lost when crash jumps back here.  A SIGINT may jump only while the jump buffer is in use.
 */
static enum guard_outcome __attribute__((noinline))
call_with_env(mpyk_call call, void *arg, enum guard_mode mode)
{
    if (setjmp(pc->main_loop_env) == 0) {
        if (mode == GUARD_COMMAND) {
            mpyk_signals_for_command();
        }
        return unwatched(call_catching(call, arg));
    }
    return unwatched(pc->sbrk != NULL ? GUARD_INTERRUPTED : GUARD_FAILED);
}

/* The part of the clean-up in crash's main loop that a failed call may need. */
static void
clean_up(void *Py_UNUSED(arg))
{
    if (pc->tmpfile != NULL) {
        close_tmpfile();
    }
    if (pc->tmpfile2 != NULL) {
        close_tmpfile2();
    }
    if (pc->cmd_cleanup != NULL) {
        pc->cmd_cleanup(pc->cmd_cleanup_arg);
    }
    if (MPYK_HAS(restore_gdb_sanity)) {
        restore_gdb_sanity();
    }
    if (MPYK_HAS(hq_close)) {
        hq_close();
    }
    free_all_bufs();
}

/* Turn the outcome into a Python exception, and drop the messages of this guard. */
static int
frame_report(struct guard_frame *f, enum guard_outcome outcome)
{
    char *text = messages.text + f->message_mark;
    char *end = messages.text + messages.used;
    size_t prefix = strlen(pc->curcmd);

    if (outcome == GUARD_INTERRUPTED) {
        PyErr_SetNone(PyExc_KeyboardInterrupt);
    } else if (outcome == GUARD_FAILED) {
        while (end > text && (end[-1] == '\n' || end[-1] == ' ')) {
            end--;
        }
        if (strncmp(text, pc->curcmd, prefix) == 0 && strncmp(text + prefix, ": ", 2) == 0) {
            text += prefix + 2;
        }
        if (end > text) {
            mpyk_fail_with(MPYK_FAIL_CRASH,
                           PyUnicode_DecodeUTF8(text, end - text, "backslashreplace"));
        } else {
            mpyk_fail(MPYK_FAIL_CRASH, "crash gave up the request without a message");
        }
    }
    messages.used = f->message_mark;
    messages.text[messages.used] = '\0';
    return outcome == GUARD_RETURNED ? 0 : -1;
}

int
mpyk_guarded(mpyk_call call, void *arg)
{
    struct guard_frame frame;
    enum guard_outcome outcome;

    frame_enter(&frame, GUARD_LOOKUP);
    outcome = call_with_env(call, arg, GUARD_LOOKUP);
    if (outcome != GUARD_RETURNED) {
        call_with_env(clean_up, NULL, GUARD_LOOKUP);
    }
    frame_leave(&frame);
    return frame_report(&frame, outcome);
}

static int
guarded_with_state(mpyk_call call, void *arg, enum guard_mode mode)
{
    struct guard_frame frame;
    struct stream_state streams;
    struct mpyk_signals signals;
    struct line_state line;
    enum guard_outcome outcome;

    if (!mpyk_signals_is_main_thread()) {
        return MPYK_FAILED(MPYK_FAIL_CRASH, "Only the main thread can run commands of crash and "
                                            "gdb.  Let this thread read memory, and run the "
                                            "command in the main thread.");
    }
    mpyk_signals_enter(&signals);
    /* A SIGINT that Python has noted but not yet handled would wait for the end of the command. */
    if (mode == GUARD_COMMAND && PyErr_CheckSignals() < 0) {
        (void)mpyk_signals_leave(&signals);
        return -1;
    }
    line_save(&line);
    streams_detach(&streams);
    frame_enter(&frame, mode);
    outcome = call_with_env(call, arg, mode);
    if (mpyk_signals_leave(&signals)) {
        outcome = GUARD_INTERRUPTED;
    }
    if (outcome != GUARD_RETURNED || mode == GUARD_COMMAND) {
        call_with_env(clean_up, NULL, GUARD_LOOKUP);
    }
    frame_leave(&frame);
    streams_attach(&streams);
    line_restore(&line);
    return frame_report(&frame, outcome);
}

int
mpyk_guarded_gdb(mpyk_call call, void *arg)
{
    return guarded_with_state(call, arg, GUARD_GDB);
}

int
mpyk_guarded_command(mpyk_call call, void *arg)
{
    return guarded_with_state(call, arg, GUARD_COMMAND);
}
