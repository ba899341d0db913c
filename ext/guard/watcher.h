/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The thread that waits for SIGINT while the main thread has it blocked.
 *
 * A blocked signal that only waits in the kernel stops no command.  It can also be lost: to set
 * SIGINT to SIG_IGN drops a waiting signal.  The watcher takes the signal at once.
 */
#ifndef MPYK_WATCHER_H
#define MPYK_WATCHER_H

#include <signal.h>

/*
 * Start the watcher if it does not run, in the main thread.  It calls `nudge` in the main thread,
 * as a signal handler, when a SIGINT came for a command, and again until mpyk_watcher_take().
 * Without it (no thread could be made) a SIGINT waits until the end of the command.
 */
void mpyk_watcher_start(void (*nudge)(int signo, siginfo_t *info, void *context));
void mpyk_watcher_stop(void);

/* Whether the caller is the thread that runs crash (in a forked child: the only one). */
int mpyk_watcher_is_main_thread(void);

/*
 * The main thread has blocked SIGINT, or is about to unblock it.  The old value.  A signal that
 * came a moment before is not lost.
 */
int mpyk_watcher_set_blocked(int blocked);

/* Whether a SIGINT came that nobody has taken; the same, and take it. */
int mpyk_watcher_has_caught(void);
int mpyk_watcher_take(void);

#endif /* MPYK_WATCHER_H */
