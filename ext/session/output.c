/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See output.h.  Both streams write to crash's current `fp`.  So `epython x.py | head`, `> file`,
 * crash's pager and the capture of a nested command get the output.
 *
 * One buffer collects the text of both streams, which keeps it in order.  It is written before
 * crash itself may print, and at the end of a program.
 */
#include "base/pycompat.h"

#include "crash/crash_compat.h"

#include "base/arguments.h"
#include "base/cleanup.h"
#include "base/failure.h"
#include "session/output.h"

#include <errno.h>
#include <unistd.h>

#define BUFFER_SIZE (32 * 1024)

typedef struct {
    PyObject_HEAD int is_error; /* sys.stderr, which is written at once */
    int is_binary;              /* the `buffer` attribute: takes bytes */
} OutputObject;

static struct {
    size_t used;
    int broken; /* the reader has gone away: report this once, then drop the output */
    char data[BUFFER_SIZE];
} pending;

static PyTypeObject *output_type;

/* Write to fp.  0, or errno. */
static int
write_out(const char *data, size_t size)
{
    if (size > 0 && fwrite(data, 1, size, fp) != size) {
        return errno != 0 ? errno : EIO;
    }
    return 0;
}

static int
flush_pending(void)
{
    size_t size = pending.used;
    int error;

    pending.used = 0;
    if (pending.broken || fp == NULL) {
        return 0;
    }
    errno = 0;
    error = write_out(pending.data, size);
    if (error == 0 && fflush(fp) != 0) {
        error = errno;
    }
    if (error != 0) {
        pending.broken = 1;
        clearerr(fp);
    }
    return error;
}

void
mpyk_output_flush(void)
{
    (void)flush_pending();
}

void
mpyk_output_reset(void)
{
    pending.used = 0;
    pending.broken = 0;
}

int
mpyk_output_broken(void)
{
    return pending.broken;
}

void
mpyk_output_set_broken(int broken)
{
    pending.broken = broken;
}

static int
raise_errno(int error)
{
    if (error == 0) {
        return 0;
    }
    errno = error;
    PyErr_SetFromErrno(PyExc_OSError);
    return -1;
}

/* Add bytes to the buffer.  0, or -1 with OSError (BrokenPipeError if the reader has gone away). */
static int
output_bytes(OutputObject *self, const char *data, size_t size)
{
    int error = 0;

    if (pending.broken) {
        return self->is_error ? 0 : raise_errno(EPIPE);
    }
    if (pending.used + size > BUFFER_SIZE) {
        error = flush_pending();
    }
    if (error == 0 && size > BUFFER_SIZE) {
        error = write_out(data, size);
    } else if (error == 0) {
        memcpy(pending.data + pending.used, data, size);
        pending.used += size;
    }
    if (error == 0 &&
        (self->is_error || (fp == stdout && memchr(data, '\n', size) != NULL && isatty(1)))) {
        error = flush_pending();
    }
    return self->is_error ? 0 : raise_errno(error);
}

/*
 * Encode as UTF-8.  Surrogate escapes become the bytes that they came from; other lone surrogates
 * become \udxxx.
 */
static PyObject *
encode_text(PyObject *text)
{
    PyObject *bytes = PyUnicode_AsEncodedString(text, "utf-8", "surrogateescape");

    if (bytes == NULL && PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
        PyErr_Clear();
        bytes = PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace");
    }
    return bytes;
}

static PyObject *
write_text(OutputObject *self, PyObject *text)
{
    Py_ssize_t size;
    const char *data = PyUnicode_AsUTF8AndSize(text, &size);
    MPYK_REF *bytes = NULL;

    if (data == NULL) {
        PyErr_Clear();
        bytes = encode_text(text);
        if (bytes == NULL) {
            return NULL;
        }
        data = PyBytes_AS_STRING(bytes);
        size = PyBytes_GET_SIZE(bytes);
    }
    if (output_bytes(self, data, (size_t)size) < 0) {
        return NULL;
    }
    return PyLong_FromSsize_t(PyUnicode_GET_LENGTH(text));
}

static PyObject *
output_write(PyObject *op, PyObject *arg)
{
    OutputObject *self = (OutputObject *)op;
    MPYK_BUFFER view = {0};

    if (!self->is_binary) {
        if (!PyUnicode_Check(arg)) {
            return mpyk_fail(MPYK_FAIL_TYPE, "write() argument must be str, not %.100s",
                             Py_TYPE(arg)->tp_name);
        }
        return write_text(self, arg);
    }
    if (PyObject_GetBuffer(arg, &view, PyBUF_SIMPLE) < 0 ||
        output_bytes(self, view.buf, (size_t)view.len) < 0) {
        return NULL;
    }
    return PyLong_FromSsize_t(view.len);
}

static PyObject *
output_writelines(PyObject *op, PyObject *lines)
{
    MPYK_REF *iterator = PyObject_GetIter(lines);

    while (iterator != NULL) {
        MPYK_REF *line = PyIter_Next(iterator);
        MPYK_REF *written = line != NULL ? output_write(op, line) : NULL;

        if (written == NULL) {
            break;
        }
    }
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

static PyObject *
output_flush(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    int error = flush_pending();

    if (!((OutputObject *)op)->is_error && raise_errno(error) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
output_fileno(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(ignored))
{
    int fd;

    mpyk_output_flush();
    fd = fileno(fp);
    if (fd < 0) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyLong_FromLong(fd);
}

static PyObject *
output_isatty(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(ignored))
{
    return PyBool_FromLong(fp == stdout && isatty(STDOUT_FILENO));
}

static PyObject *
output_true(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(ignored))
{
    Py_RETURN_TRUE;
}

static PyObject *
output_false(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(ignored))
{
    Py_RETURN_FALSE;
}

/* close() only flushes: the stream belongs to crash, and the next program needs it. */
static PyObject *
output_close(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(ignored))
{
    mpyk_output_flush();
    Py_RETURN_NONE;
}

/*
 * Programs call reconfigure(encoding=..., errors=..., line_buffering=...).  It changes nothing: the
 * encoding is always UTF-8.
 */
static PyObject *
output_reconfigure(PyObject *Py_UNUSED(op), PyObject *Py_UNUSED(args_), PyObject *Py_UNUSED(kw))
{
    Py_RETURN_NONE;
}

static PyObject *
output_enter(PyObject *op, PyObject *Py_UNUSED(ignored))
{
    return Py_NewRef(op);
}

static PyObject *
output_exit(PyObject *op, PyObject *Py_UNUSED(exc_info))
{
    return output_close(op, NULL);
}

static PyMethodDef output_methods[] = {
    {"write", output_write, METH_O, "write(text) -> int: add to crash's output."},
    {"writelines", output_writelines, METH_O, "writelines(lines): write each of them."},
    {"flush", output_flush, METH_NOARGS, "flush(): write out what is buffered."},
    {"fileno", output_fileno, METH_NOARGS,
     "fileno() -> int: descriptor of crash's current output."},
    {"isatty", output_isatty, METH_NOARGS,
     "isatty() -> bool: whether output goes straight to a terminal."},
    {"readable", output_false, METH_NOARGS, "readable() -> False"},
    {"writable", output_true, METH_NOARGS, "writable() -> True"},
    {"seekable", output_false, METH_NOARGS, "seekable() -> False"},
    {"close", output_close, METH_NOARGS, "close(): flush; the stream stays open, it is crash's."},
    {"reconfigure", MPYK_METHOD(output_reconfigure), METH_VARARGS | METH_KEYWORDS,
     "reconfigure(...): accepted and ignored."},
    {"__enter__", output_enter, METH_NOARGS, NULL},
    {"__exit__", output_exit, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyObject *
output_new(int is_error, int is_binary)
{
    OutputObject *self = PyObject_New(OutputObject, output_type);

    if (self != NULL) {
        self->is_error = is_error;
        self->is_binary = is_binary;
    }
    return (PyObject *)self;
}

static void
output_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    PyObject_Free(op);
    Py_DECREF(type);
}

static PyObject *
get_buffer(PyObject *op, void *Py_UNUSED(closure))
{
    return output_new(((OutputObject *)op)->is_error, 1);
}

static PyObject *
get_constant(PyObject *Py_UNUSED(op), void *text)
{
    return PyUnicode_FromString(text);
}

static PyObject *
get_name(PyObject *op, void *Py_UNUSED(closure))
{
    return PyUnicode_FromString(((OutputObject *)op)->is_error ? "<stderr>" : "<stdout>");
}

static PyObject *
get_false(PyObject *Py_UNUSED(op), void *Py_UNUSED(closure))
{
    Py_RETURN_FALSE;
}

static PyGetSetDef output_getset[] = {
    {"buffer", get_buffer, NULL, "The same stream for bytes.", NULL},
    {"encoding", get_constant, NULL, NULL, "utf-8"},
    {"errors", get_constant, NULL, NULL, "surrogateescape"},
    {"mode", get_constant, NULL, NULL, "w"},
    {"name", get_name, NULL, NULL, NULL},
    {"closed", get_false, NULL, NULL, NULL},
    {"line_buffering", get_false, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot output_slots[] = {
    {Py_tp_doc, "Text stream to crash's current output."},
    {Py_tp_dealloc, output_dealloc},
    {Py_tp_methods, output_methods},
    {Py_tp_getset, output_getset},
    {0, NULL},
};

static PyType_Spec output_spec = {
    .name = "crash.Output",
    .basicsize = sizeof(OutputObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = output_slots,
};

static int
install(const char *name, const char *original, int is_error)
{
    MPYK_REF *stream = output_new(is_error, 0);

    if (stream == NULL || PySys_SetObject(name, stream) < 0) {
        return -1;
    }
    return PySys_SetObject(original, stream);
}

int
mpyk_output_install(void)
{
    if (output_type == NULL) {
        output_type = (PyTypeObject *)PyType_FromSpec(&output_spec);
        if (output_type == NULL) {
            return -1;
        }
    }
    if (install("stdout", "__stdout__", 0) < 0) {
        return -1;
    }
    return install("stderr", "__stderr__", 1);
}

void
mpyk_output_clear(void)
{
    Py_CLEAR(output_type);
}
