/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Structs as text (Dump), and members by path (Eval). */
#include "values/values.h"

#include <stdlib.h>

#define MAX_DEPTH 64

/* "[3]" after a name in a path: *path is moved behind it. */
static PyObject *
eval_subscript(PyObject *value, const char **path)
{
    PyObject *index, *result;
    char *end;

    index = PyLong_FromLongLong(strtoll(*path + 1, &end, 0));
    if (index == NULL) {
        return NULL;
    }
    if (end == *path + 1 || *end != ']') {
        Py_DECREF(index);
        return mpyk_fail(MPYK_FAIL_VALUE, "\"%s\" does not start with a subscript like [3].",
                         *path);
    }
    result = PyObject_GetItem(value, index);
    Py_DECREF(index);
    *path = end + 1;
    return result;
}

static PyObject *
eval_name(PyObject *value, const char **path)
{
    size_t length = strcspn(*path, ".[-");
    PyObject *name = PyUnicode_FromStringAndSize(*path, (Py_ssize_t)length);
    PyObject *result = name != NULL ? PyObject_GetAttr(value, name) : NULL;

    Py_XDECREF(name);
    *path += length;
    return result;
}

PyObject *
mpyk_struct_eval(PyObject *self, PyObject *text)
{
    const char *path = PyUnicode_AsUTF8(text);
    PyObject *value = Py_NewRef(self);

    while (path != NULL && value != NULL && *path != '\0') {
        PyObject *next;
        if (*path == '[') {
            next = eval_subscript(value, &path);
        } else {
            next = eval_name(value, &path);
        }
        Py_SETREF(value, next);
        if (*path == '.') {
            path++;
        } else if (path[0] == '-' && path[1] == '>') {
            path += 2;
        } else if (*path == '-' && value != NULL) {
            Py_CLEAR(value);
            mpyk_fail(MPYK_FAIL_VALUE, "\"%U\" is no path of members.", text);
        }
    }
    if (path == NULL) {
        Py_CLEAR(value);
    }
    return value;
}

static PyObject *full_text(MpykType *type, uint64_t address, int indent, int depth);

/* The text of a member's value; what cannot be read is shown as the reason, in angle brackets. */
static PyObject *
member_text(MpykMember *member, uint64_t base, int indent, int depth)
{
    PyObject *value, *text, *error;

    if (mpyk_member_shape(member) < 0) {
        return NULL;
    }
    if (mpyk_type_is_struct(member->type) && depth < MAX_DEPTH) {
        return full_text(member->type->real, base + member->offset, indent, depth + 1);
    }
    value = mpyk_value_read_member(member, base);
    if (value != NULL) {
        int is_plain = PyLong_CheckExact(value) && member->type->real->size == 8;
        text = is_plain ? PyUnicode_FromFormat("%s", MPYK_HEX(mpyk_int_value(value)))
                        : PyObject_Repr(value);
        Py_DECREF(value);
        return text;
    }
    if (!mpyk_failure_is(MPYK_FAIL_CRASH) && !mpyk_failure_is(MPYK_FAIL_INDEX) &&
        !mpyk_failure_is(MPYK_FAIL_TYPE)) {
        return NULL;
    }
    error = mpyk_take_exception();
    text = PyUnicode_FromFormat("<%S>", error);
    Py_DECREF(error);
    return text;
}

/* `text` behind `indent` blanks ("%*s" is known from Python 3.12 on); steals the reference. */
static PyObject *
indented(int indent, PyObject *text)
{
    PyObject *blank = text != NULL ? PyUnicode_FromString(" ") : NULL;
    PyObject *blanks = blank != NULL ? PySequence_Repeat(blank, indent) : NULL;
    PyObject *line = blanks != NULL ? PyUnicode_Concat(blanks, text) : NULL;

    Py_XDECREF(blank);
    Py_XDECREF(blanks);
    Py_XDECREF(text);
    return line;
}

static int
append_member(PyObject *lines, MpykMember *member, uint64_t base, int indent, int depth)
{
    PyObject *text = member_text(member, base, indent + 4, depth);
    PyObject *line = NULL;
    int status = -1;

    if (text != NULL) {
        line = indented(indent + 4, PyUnicode_FromFormat("%s = %U", member->name, text));
    }
    if (line != NULL) {
        status = PyList_Append(lines, line);
    }
    Py_XDECREF(text);
    Py_XDECREF(line);
    return status;
}

static PyObject *
join_lines(PyObject *lines)
{
    PyObject *newline = PyUnicode_FromString("\n");
    PyObject *text = newline != NULL ? PyUnicode_Join(newline, lines) : NULL;

    Py_XDECREF(newline);
    return text;
}

static PyObject *
full_text(MpykType *type, uint64_t address, int indent, int depth)
{
    PyObject *lines = PyList_New(0), *name = mpyk_type_string(type), *head = NULL, *text = NULL;

    if (lines == NULL || name == NULL || mpyk_type_load(type) < 0) {
        goto done;
    }
    head = PyUnicode_FromFormat("<%U %s>", name, MPYK_HEX(address));
    if (head == NULL || PyList_Append(lines, head) < 0) {
        goto done;
    }
    for (int i = 0; i < type->nmembers; i++) {
        if (append_member(lines, &type->members[i], address, indent, depth) < 0) {
            goto done;
        }
    }
    text = join_lines(lines);

done:
    Py_XDECREF(lines);
    Py_XDECREF(name);
    Py_XDECREF(head);
    return text;
}

PyObject *
mpyk_struct_full(PyObject *self, PyObject *args)
{
    MpykType *type = mpyk_value_ctype(self);
    int indent = 0;

    if (type == NULL) {
        return mpyk_fail(MPYK_FAIL_TYPE, "This StructResult has no C type: make it with readSU().");
    }
    if (!PyArg_ParseTuple(args, "|i:fullStr", &indent)) {
        return NULL;
    }
    indent = indent < 0 ? 0 : indent;
    return indented(indent, full_text(type, mpyk_int_value(self), indent, 0));
}

PyObject *
mpyk_struct_dump(PyObject *self, PyObject *args)
{
    PyObject *text = mpyk_struct_full(self, args);
    PyObject *out = PySys_GetObject("stdout");
    int status = 0;

    if (text == NULL) {
        return NULL;
    }
    if (out != NULL && out != Py_None) {
        Py_INCREF(out);
        status = PyFile_WriteObject(text, out, Py_PRINT_RAW);
        if (status == 0) {
            status = PyFile_WriteString("\n", out);
        }
        Py_DECREF(out);
    }
    Py_DECREF(text);
    if (status < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}
