/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Structs as text (Dump), and members by path (Eval). */
#include "values/values.h"

#define MAX_DEPTH 64

/* "[3]" after a name in a path.  *path moves behind it. */
static PyObject *
eval_subscript(PyObject *value, const char **path)
{
    MPYK_REF *index = NULL;
    char *end;

    index = PyLong_FromLongLong(strtoll(*path + 1, &end, 0));
    if (index == NULL) {
        return NULL;
    }
    if (end == *path + 1 || *end != ']') {
        return mpyk_fail(MPYK_FAIL_VALUE, "\"%s\" does not start with a subscript like [3].",
                         *path);
    }
    *path = end + 1;
    return PyObject_GetItem(value, index);
}

static PyObject *
eval_name(PyObject *value, const char **path)
{
    size_t length = strcspn(*path, ".[-");
    MPYK_REF *name = PyUnicode_FromStringAndSize(*path, (Py_ssize_t)length);

    *path += length;
    return name != NULL ? PyObject_GetAttr(value, name) : NULL;
}

PyObject *
mpyk_struct_eval(PyObject *self, PyObject *text)
{
    const char *path = PyUnicode_AsUTF8(text);
    MPYK_REF *value = Py_NewRef(self);

    while (path != NULL && *path != '\0') {
        PyObject *next = *path == '[' ? eval_subscript(value, &path) : eval_name(value, &path);

        Py_SETREF(value, next);
        if (value == NULL) {
            return NULL;
        }
        if (*path == '.') {
            path++;
        } else if (path[0] == '-' && path[1] == '>') {
            path += 2;
        } else if (*path == '-') {
            return mpyk_fail(MPYK_FAIL_VALUE, "\"%U\" is not a path of members.", text);
        }
    }
    return path != NULL ? mpyk_keep(&value) : NULL;
}

static PyObject *full_text(MpykType *type, uint64_t address, int indent, int depth);

/* The text of a value; 8-byte numbers are shown in hexadecimal. */
static PyObject *
value_text(const MpykMember *member, PyObject *value)
{
    if (PyLong_CheckExact(value) && member->type->real->size == 8) {
        return PyUnicode_FromFormat("%s", MPYK_HEX(mpyk_int_value(value)));
    }
    return PyObject_Repr(value);
}

/* A value that cannot be read is shown as the reason, in angle brackets. */
static PyObject *
error_text(void)
{
    MPYK_REF *error = NULL;

    if (!mpyk_failure_is(MPYK_FAIL_CRASH) && !mpyk_failure_is(MPYK_FAIL_NULL_POINTER) &&
        !mpyk_failure_is(MPYK_FAIL_TYPE)) {
        return NULL;
    }
    error = mpyk_take_exception();
    return PyUnicode_FromFormat("<%S>", error);
}

static PyObject *
member_text(MpykMember *member, uint64_t base, int indent, int depth)
{
    MPYK_REF *value = NULL;

    if (mpyk_member_shape(member) < 0) {
        return NULL;
    }
    if (mpyk_type_is_struct(member->type) && depth < MAX_DEPTH) {
        return full_text(member->type->real, base + member->offset, indent, depth + 1);
    }
    value = mpyk_value_read_member(member, base);
    return value != NULL ? value_text(member, value) : error_text();
}

/* `text` behind `indent` blanks (Python has "%*s" from 3.12 on).  Takes the text over. */
static PyObject *
indented(int indent, PyObject *text)
{
    MPYK_REF *owned = text;
    MPYK_REF *blank = owned != NULL ? PyUnicode_FromString(" ") : NULL;
    MPYK_REF *blanks = blank != NULL ? PySequence_Repeat(blank, indent) : NULL;

    return blanks != NULL ? PyUnicode_Concat(blanks, owned) : NULL;
}

static int
append_member(PyObject *lines, MpykMember *member, uint64_t base, int indent, int depth)
{
    MPYK_REF *text = member_text(member, base, indent + 4, depth);

    if (text == NULL) {
        return -1;
    }
    return mpyk_append(lines,
                       indented(indent + 4, PyUnicode_FromFormat("%s = %U", member->name, text)));
}

static PyObject *
full_text(MpykType *type, uint64_t address, int indent, int depth)
{
    MPYK_REF *lines = PyList_New(0);
    MPYK_REF *newline = PyUnicode_FromString("\n");
    MPYK_REF *name = mpyk_type_string(type);

    if (lines == NULL || newline == NULL || name == NULL || mpyk_type_load(type) < 0 ||
        mpyk_append(lines, PyUnicode_FromFormat("<%U %s>", name, MPYK_HEX(address))) < 0) {
        return NULL;
    }
    for (int i = 0; i < type->nmembers; i++) {
        if (append_member(lines, &type->members[i], address, indent, depth) < 0) {
            return NULL;
        }
    }
    return PyUnicode_Join(newline, lines);
}

PyObject *
mpyk_struct_full(PyObject *self, PyObject *args)
{
    MpykType *type = mpyk_struct_ctype(self);
    int indent = 0;

    if (type == NULL || !PyArg_ParseTuple(args, "|i:fullStr", &indent)) {
        return NULL;
    }
    indent = indent < 0 ? 0 : indent;
    return indented(indent, full_text(type, mpyk_int_value(self), indent, 0));
}

PyObject *
mpyk_struct_dump(PyObject *self, PyObject *args)
{
    MPYK_REF *text = mpyk_struct_full(self, args);
    MPYK_REF *out = NULL;

    if (text == NULL) {
        return NULL;
    }
    out = Py_XNewRef(PySys_GetObject("stdout"));
    if (out != NULL && out != Py_None &&
        (PyFile_WriteObject(text, out, Py_PRINT_RAW) < 0 || PyFile_WriteString("\n", out) < 0)) {
        return NULL;
    }
    Py_RETURN_NONE;
}
