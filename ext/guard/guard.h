/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calls crash without losing Python.  crash's error(FATAL) and its SIGINT handler longjmp() to
 * pc->main_loop_env.  Every call into crash that may do so goes through one of these
 * functions.  Guards nest to any depth.
 *
 * Rules for the guarded function: it creates and releases no Python object, it raises no C++
 * exception, and it holds nothing (no lock, no heap block) that only its own normal return would
 * free.
 */
#ifndef MPYK_GUARD_H
#define MPYK_GUARD_H

typedef void (*mpyk_call)(void *arg);

/*
 * Run call(arg) under guard.  0: it returned.  -1: crash gave up, and a Python exception is set:
 * crash.error with the text that crash printed, or KeyboardInterrupt.  The GIL must be held.
 *
 * mpyk_guarded() is for lookups and memory reads; it is cheap (no system call).  mpyk_guarded_gdb()
 * is for calls that may end in crash's gdb_interface() or in gdb: it also restores the signal
 * handlers. mpyk_guarded_command() is for whole crash commands: it saves the state of the command
 * that Python is part of, and lets SIGINT stop the inner command.  The last two are for the main
 * thread; elsewhere they raise crash.error.
 */
int mpyk_guarded(mpyk_call call, void *arg);
int mpyk_guarded_gdb(mpyk_call call, void *arg);
int mpyk_guarded_command(mpyk_call call, void *arg);

/* The number of active guards.  0 means that crash's main loop has started Python directly. */
int mpyk_guard_depth(void);

#endif /* MPYK_GUARD_H */
