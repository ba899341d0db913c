/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MPYK_OUTPUT_H
#define MPYK_OUTPUT_H

/* Install sys.stdout and sys.stderr (before each run: a program may have replaced them).  0, or -1
 * with an exception. */
int mpyk_output_install(void);

/* Write out what they hold; errors are remembered, not raised. */
void mpyk_output_flush(void);

/* Start afresh: nothing buffered, the reader is there. */
void mpyk_output_reset(void);

/* Whether the reader has gone away; kept apart for each level of nested output. */
int mpyk_output_broken(void);
void mpyk_output_set_broken(int broken);

/* Drop the type object; before Python is finalized. */
void mpyk_output_clear(void);

#endif /* MPYK_OUTPUT_H */
