/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file that collects the output of a command. */
#ifndef MPYK_SESSION_CAPTURE_H
#define MPYK_SESSION_CAPTURE_H

#include "base/mpykdump.h"

/* A stream to an empty file; NULL with OSError set. */
FILE *mpyk_capture_open(void);

/* All that was written to the stream, also by children of this process; NULL with an exception set.
 */
PyObject *mpyk_capture_text(FILE *stream);

void mpyk_capture_close(FILE *stream);

/* Close the file that is kept for the next call; before Python is finalized. */
void mpyk_capture_clear(void);

#endif /* MPYK_SESSION_CAPTURE_H */
