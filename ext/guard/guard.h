/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calling crash without losing Python: crash's error(FATAL) and its SIGINT handler leave by
 * longjmp() to pc->main_loop_env.  Every call into crash that may do so goes through one of these
 * functions.  Guards nest to any depth.  This header knows neither Python nor crash, so that C++
 * units can include it too.
 *
 * Rules for the guarded function: it creates and releases no Python object, raises no C++
 * exception, and keeps nothing (no lock, no heap block) that only its own normal return would free.
 */
#ifndef MPYK_GUARD_H
#define MPYK_GUARD_H

#ifdef __cplusplus
extern "C" {
#endif

typedef void (*mpyk_call)(void *arg);

/*
 * Run call(arg) under guard.  0: it returned.  -1: crash gave up, and a Python exception is set:
 * crash.error with the text that crash printed, or KeyboardInterrupt.  The GIL must be held.
 *
 * mpyk_guarded() is cheap (no system call) and for lookups and memory reads.  mpyk_guarded_gdb() is
 * for whatever may end in crash's gdb_interface() or in gdb itself: it also puts the signal
 * handlers back.  mpyk_guarded_command() is for whole crash commands: it saves the state of the
 * command that Python is part of, and lets SIGINT stop the inner one.
 */
int mpyk_guarded(mpyk_call call, void *arg);
int mpyk_guarded_gdb(mpyk_call call, void *arg);
int mpyk_guarded_command(mpyk_call call, void *arg);

/* What crash has printed as errors since the innermost guard was entered; valid until that guard is
 * left. */
const char *mpyk_guard_messages(void);

/* How many guards are active (0: Python was started straight from crash's main loop). */
int mpyk_guard_depth(void);

#ifdef __cplusplus
}
#endif

#endif /* MPYK_GUARD_H */
