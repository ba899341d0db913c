/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MPYK_OUTPUT_H
#define MPYK_OUTPUT_H

/*
 * Install sys.stdout and sys.stderr.  This is done before each run, because a program may have
 * replaced them.  0, or -1 with an exception.
 */
int mpyk_output_install(void);

/* Write the buffer.  An error is remembered and not raised. */
void mpyk_output_flush(void);

/* Empty the buffer, and forget that the reader has gone away. */
void mpyk_output_reset(void);

/* Whether the reader has gone away.  Each level of nested output has its own state. */
int mpyk_output_broken(void);
void mpyk_output_set_broken(int broken);

/* Drop the type object; before Python is finalized. */
void mpyk_output_clear(void);

#endif /* MPYK_OUTPUT_H */
