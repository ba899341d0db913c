/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See capture.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "session/capture.h"

#include "base/arguments.h"
#include "base/cleanup.h"

#include <sys/mman.h>
#include <unistd.h>

/*
 * A file and not a memory stream, because commands call fileno() and fork children that print.  One
 * file is kept for the next call.
 */
static FILE *spare;
static pid_t spare_owner;

FILE *
mpyk_capture_open(void)
{
    FILE *stream = spare;
    int fd;

    spare = NULL;
    if (spare_owner != getpid()) {
        stream = NULL; /* a forked child must not touch the file of its parent */
    }
    if (stream != NULL) {
        return stream;
    }
    fd = memfd_create("mpykdump", MFD_CLOEXEC);
    stream = fd >= 0 ? fdopen(fd, "w+") : tmpfile();
    if (stream == NULL) {
        PyErr_SetFromErrno(PyExc_OSError);
        if (fd >= 0) {
            close(fd);
        }
    }
    return stream;
}

void
mpyk_capture_close(FILE *stream)
{
    rewind(stream);
    if (spare == NULL && ftruncate(fileno(stream), 0) == 0) {
        spare = stream;
        spare_owner = getpid();
    } else {
        fclose(stream);
    }
}

PyObject *
mpyk_capture_text(FILE *stream)
{
    MPYK_REF *bytes = NULL;
    long size;
    ssize_t got;

    fflush(stream);
    size = (long)lseek(fileno(stream), 0, SEEK_END);
    if (size < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    bytes = PyBytes_FromStringAndSize(NULL, size);
    if (bytes == NULL) {
        return NULL;
    }
    got = pread(fileno(stream), PyBytes_AS_STRING(bytes), (size_t)size, 0);
    return got < 0 ? PyErr_SetFromErrno(PyExc_OSError) : mpyk_str(PyBytes_AS_STRING(bytes), got);
}

void
mpyk_capture_clear(void)
{
    if (spare != NULL) {
        fclose(spare);
        spare = NULL;
    }
}
