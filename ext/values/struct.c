/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * StructResult: a view of a struct or union in the dump.  It is an int whose value is the address.
 * Nothing is read before a member is used.  Each C struct has its own subclass, with one descriptor
 * for each member.
 */
#include "values/values.h"

PyTypeObject *mpyk_struct_type;

/*
 * A function of pykdump that makes PYT_sinfo (SUInfo) from the name of a struct.  If it is NULL,
 * PYT_sinfo is a dict of VarInfo.
 */
static PyObject *sinfo_factory;

MpykType *
mpyk_struct_ctype(PyObject *self)
{
    MpykType *type = mpyk_value_ctype(self);

    if (type == NULL) {
        mpyk_fail(MPYK_FAIL_TYPE, "This StructResult has no C type: make it with readSU().");
    }
    return type;
}

const char *
mpyk_struct_symbol(PyObject *self)
{
    MpykType *type = mpyk_value_ctype(self);
    PyTypeObject *cls = type != NULL ? mpyk_class_get(type) : NULL;

    PyErr_Clear();
    return cls != NULL ? cls->tp_name : Py_TYPE(self)->tp_name;
}

static int
add_members(PyObject *dict, MpykType *type)
{
    if (mpyk_type_load(type) < 0) {
        return -1;
    }
    /* Backwards, so that of equal names the first one stays. */
    for (int i = type->nmembers - 1; i >= 0; i--) {
        if (mpyk_set_item(dict, type->members[i].name, mpyk_member_new(&type->members[i])) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
mpyk_struct_dict(MpykType *type)
{
    MPYK_REF *dict = PyDict_New();

    if (dict == NULL || mpyk_set_item(dict, "__module__", PyUnicode_FromString("crash")) < 0) {
        return NULL;
    }
    if (type->kind == MPYK_KIND_STRUCT &&
        (add_members(dict, type) < 0 ||
         mpyk_set_item(dict, "PYT_symbol", mpyk_type_string(type)) < 0 ||
         mpyk_set_item(dict, "PYT_size", PyLong_FromUnsignedLongLong(type->size)) < 0)) {
        return NULL;
    }
    return mpyk_keep(&dict);
}

/* StructResult("struct x", addr); for the class of one struct, cls(addr). */
static PyObject *
struct_new(PyTypeObject *cls, PyObject *args, PyObject *kwargs)
{
    MpykType *type = mpyk_class_ctype(cls);
    unsigned long long address = 0;
    PyObject *value = NULL;
    const char *name;

    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0) {
        return mpyk_fail(MPYK_FAIL_TYPE, "StructResult() takes no keyword arguments.");
    }
    if (type != NULL) {
        if (!PyArg_ParseTuple(args, "|O:StructResult", &value)) {
            return NULL;
        }
    } else {
        if (!PyArg_ParseTuple(args, "s|O:StructResult", &name, &value)) {
            return NULL;
        }
        type = mpyk_type_need(name);
        cls = type != NULL ? mpyk_struct_class(type) : NULL;
        if (cls == NULL) {
            return NULL;
        }
    }
    if (value != NULL && mpyk_as_address(value, &address) < 0) {
        return NULL;
    }
    return mpyk_int_new(cls, address);
}

PyTypeObject *
mpyk_struct_class(MpykType *type)
{
    MPYK_REF *text = NULL;

    if (mpyk_type_is_struct(type)) {
        return mpyk_class_get(type);
    }
    text = mpyk_type_string(type);
    return text != NULL ? mpyk_fail(MPYK_FAIL_TYPE, "\"%U\" is not a struct or union.", text)
                        : NULL;
}

static int
is_dunder(const char *name)
{
    size_t length = strlen(name);

    return length > 4 && strncmp(name, "__", 2) == 0 && strcmp(name + length - 2, "__") == 0;
}

/*
 * Find the member that `name` means, and add it to the class under this name.  The two may differ:
 * within a Python class Foo, `s.__x` arrives here as _Foo__x.  1 added, 0 not found, -1 error.
 */
static int
add_late_member(MpykType *type, PyTypeObject *cls, PyObject *name)
{
    const char *text = mpyk_as_text(name);
    const MpykMember *member;
    MPYK_REF *descriptor = NULL;

    if (text == NULL || is_dunder(text)) {
        return 0;
    }
    member = mpyk_type_member(type, text);
    if (text[0] == '_' && text[1] != '_') {
        for (text = strstr(text + 1, "__"); text != NULL && member == NULL;
             text = strstr(text + 1, "__")) {
            member = mpyk_type_member(type, text);
        }
    }
    if (member == NULL) {
        return PyErr_Occurred() ? -1 : 0;
    }
    descriptor = mpyk_member_new(member);
    if (descriptor == NULL || PyObject_SetAttr((PyObject *)cls, name, descriptor) < 0) {
        return -1;
    }
    return 1;
}

/* AttributeError is set for `name`.  Look for a member once more; otherwise the error becomes
 * MissingMember. */
static PyObject *
missing_attribute(PyObject *self, PyObject *name)
{
    MpykType *type = mpyk_value_ctype(self);
    MPYK_REF *text = NULL;
    PyTypeObject *cls;
    int added;

    if (type == NULL || (mpyk_as_text(name) != NULL && is_dunder(mpyk_as_text(name)))) {
        return NULL;
    }
    PyErr_Clear();
    cls = mpyk_class_get(type);
    added = cls != NULL ? add_late_member(type, cls, name) : -1;
    if (added > 0) {
        return PyObject_GenericGetAttr(self, name);
    }
    text = added == 0 ? mpyk_type_string(type) : NULL;
    if (text == NULL) {
        return NULL;
    }
    return mpyk_fail(MPYK_FAIL_NO_MEMBER, "<%U> has no member \"%U\"", text, name);
}

static PyObject *
struct_getattro(PyObject *self, PyObject *name)
{
    PyObject *value = PyObject_GenericGetAttr(self, name);

    if (value != NULL || !PyErr_ExceptionMatches(PyExc_AttributeError)) {
        return value;
    }
    return missing_attribute(self, name);
}

static Py_ssize_t
struct_length(PyObject *self)
{
    MpykType *type = mpyk_struct_ctype(self);

    return type != NULL ? (Py_ssize_t)type->size : -1;
}

static PyObject *
step(PyObject *self, MpykType *type, PyObject *count)
{
    Py_ssize_t index;

    if (mpyk_as_index(count, &index) < 0) {
        return NULL;
    }
    return mpyk_int_of_type(type, mpyk_int_value(self) + (uint64_t)index * type->size);
}

/* s[i] is struct number i of an array that starts here; s["member"] is a VarInfo. */
static PyObject *
struct_subscript(PyObject *self, PyObject *key)
{
    MpykType *type = mpyk_struct_ctype(self);
    MpykMember member;
    const char *path;

    if (type == NULL) {
        return NULL;
    }
    if (PySlice_Check(key)) {
        return mpyk_read_slice(type, mpyk_int_value(self), key);
    }
    if (!PyUnicode_Check(key)) {
        return step(self, type, key);
    }
    path = mpyk_as_text(key);
    if (path == NULL) {
        return NULL;
    }
    if (mpyk_type_path(type, path, &member) < 0) {
        if (!PyErr_Occurred()) {
            mpyk_fail_with(MPYK_FAIL_KEY, Py_NewRef(key));
        }
        return NULL;
    }
    return mpyk_varinfo_new(&member, 1, mpyk_int_value(self) + member.offset);
}

/* s + i moves by i structs, as in C.  Other things are added to the address. */
static PyObject *
struct_add(PyObject *left, PyObject *right)
{
    MpykType *type = mpyk_value_ctype(left);

    if (type != NULL && type->kind == MPYK_KIND_STRUCT && PyLong_Check(right) &&
        mpyk_value_ctype(right) == NULL) {
        return step(left, type, right);
    }
    return PyLong_Type.tp_as_number->nb_add(left, right);
}

/* Every index is valid, so an iteration would never end. */
static PyObject *
struct_iter(PyObject *self)
{
    return mpyk_fail(MPYK_FAIL_TYPE, "\"%s\" cannot be iterated over.", Py_TYPE(self)->tp_name);
}

static PyObject *
struct_short(PyObject *self, PyObject *Py_UNUSED(unused))
{
    return PyUnicode_FromFormat("<%s %s>", mpyk_struct_symbol(self),
                                MPYK_HEX(mpyk_int_value(self)));
}

static PyObject *
struct_repr(PyObject *self)
{
    return struct_short(self, NULL);
}

static PyObject *
struct_has_field(PyObject *self, PyObject *name)
{
    MpykType *type = mpyk_struct_ctype(self);
    const char *path = type != NULL ? mpyk_as_text(name) : NULL;
    MpykMember member;

    if (path == NULL) {
        return NULL;
    }
    if (mpyk_type_path(type, path, &member) == 0) {
        Py_RETURN_TRUE;
    }
    if (PyErr_Occurred()) {
        return NULL;
    }
    Py_RETURN_FALSE;
}

static PyObject *
struct_field_offset(PyObject *self, PyObject *name)
{
    MpykType *type = mpyk_struct_ctype(self);
    const char *path = type != NULL ? mpyk_as_text(name) : NULL;
    MpykMember member;

    if (path == NULL) {
        return NULL;
    }
    if (mpyk_type_path(type, path, &member) < 0) {
        if (!PyErr_Occurred()) {
            mpyk_fail_with(MPYK_FAIL_KEY, Py_NewRef(name));
        }
        return NULL;
    }
    return PyLong_FromUnsignedLongLong(member.offset);
}

static PyObject *
struct_cast(PyObject *self, PyObject *name)
{
    const char *text = mpyk_as_text(name);
    MpykType *type = text != NULL ? mpyk_type_need(text) : NULL;
    PyTypeObject *cls = type != NULL ? mpyk_struct_class(type) : NULL;

    return cls != NULL ? mpyk_int_new(cls, mpyk_int_value(self)) : NULL;
}

static PyObject *
struct_is_named(PyObject *self, PyObject *name)
{
    MpykType *type = mpyk_struct_ctype(self), *other;
    const char *text = type != NULL ? mpyk_as_text(name) : NULL;

    if (text == NULL) {
        return NULL;
    }
    if (strcmp(mpyk_struct_symbol(self), text) == 0) {
        Py_RETURN_TRUE;
    }
    other = mpyk_type_find(text);
    if (PyErr_Occurred()) {
        return NULL;
    }
    return PyBool_FromLong(other != NULL && other->real == type);
}

static PyObject *
struct_deref(PyObject *self, void *Py_UNUSED(closure))
{
    return Py_NewRef(self);
}

static PyObject *
members_info(MpykType *type, uint64_t address)
{
    MPYK_REF *dict = PyDict_New();

    if (dict == NULL || mpyk_type_load(type) < 0) {
        return NULL;
    }
    for (int i = 0; i < type->nmembers; i++) {
        const MpykMember *member = &type->members[i];

        if (mpyk_set_item(dict, member->name,
                          mpyk_varinfo_new(member, 1, address + member->offset)) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&dict);
}

static PyObject *
struct_sinfo(PyObject *self, void *Py_UNUSED(closure))
{
    MpykType *type = mpyk_struct_ctype(self);

    if (type == NULL) {
        return NULL;
    }
    if (sinfo_factory != NULL) {
        return PyObject_CallFunction(sinfo_factory, "s", mpyk_struct_symbol(self));
    }
    return members_info(type, mpyk_int_value(self));
}

PyObject *
mpyk_struct_set_sinfo(PyObject *Py_UNUSED(module), PyObject *factory)
{
    Py_XSETREF(sinfo_factory, factory == Py_None ? NULL : Py_NewRef(factory));
    Py_RETURN_NONE;
}

/* A pickle calls readSU(), which needs only the name: classes of C types cannot be imported. */
/*
 * A pickle has only the name of the struct.  A struct without a tag, or one whose tag means another
 * struct first, would become something else.
 */
static int
check_name_identifies(PyObject *self, const char *name)
{
    MpykType *type = mpyk_value_ctype(self);
    MpykType *named = type != NULL ? mpyk_type_find(name) : NULL;

    if (type == NULL || (named != NULL && named->real == type->real)) {
        return 0;
    }
    return PyErr_Occurred() ? -1
                            : MPYK_FAILED(MPYK_FAIL_TYPE,
                                          "A value of \"%s\" cannot be pickled or copied: the "
                                          "name does not identify the type.",
                                          name);
}

static PyObject *
struct_reduce(PyObject *self, PyObject *Py_UNUSED(args))
{
    const char *name = mpyk_struct_symbol(self);
    MPYK_REF *module = NULL;
    MPYK_REF *maker = NULL;

    if (check_name_identifies(self, name) < 0) {
        return NULL;
    }
    module = PyImport_ImportModule("crash");
    maker = module != NULL ? PyObject_GetAttrString(module, "readSU") : NULL;
    return maker != NULL
               ? Py_BuildValue("O(sK)", maker, name, (unsigned long long)mpyk_int_value(self))
               : NULL;
}

static PyMethodDef struct_methods[] = {
    {"hasField", struct_has_field, METH_O,
     "hasField(name): is there such a member (or path \"a.b\")?"},
    {"fieldOffset", struct_field_offset, METH_O, "fieldOffset(name): its offset in bytes."},
    {"castTo", struct_cast, METH_O, "castTo(type): the same address as another struct."},
    {"isNamed", struct_is_named, METH_O, "isNamed(name): is this the struct of that name?"},
    {"Eval", mpyk_struct_eval, METH_O, "Eval(\"a.b->c[1]\"): the value that this path leads to."},
    {"shortStr", struct_short, METH_NOARGS, "shortStr(): name and address."},
    {"fullStr", mpyk_struct_full, METH_VARARGS,
     "fullStr(indent=0): all members with their values."},
    {"Dump", mpyk_struct_dump, METH_VARARGS, "Dump(indent=0): print fullStr()."},
    {"__reduce__", struct_reduce, METH_NOARGS, NULL},
    {"__reduce_ex__", struct_reduce, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef struct_getset[] = {
    {"Deref", struct_deref, NULL, "Itself: a struct reads like a pointer to it.", NULL},
    {"PYT_sinfo", struct_sinfo, NULL, "Description of the struct.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(struct_doc,
             "StructResult(type, addr=0): the struct or union `type` at an address.\n\n"
             "Members are attributes and are read when asked for; a missing one raises KeyError.\n"
             "s[i] and s + i step by the struct's size; s[\"member\"] describes a member.");

static PyType_Slot struct_slots[] = {
    {Py_tp_doc, (void *)struct_doc},
    {Py_tp_new, struct_new},
    {Py_tp_getattro, struct_getattro},
    {Py_tp_repr, struct_repr},
    {Py_tp_iter, struct_iter},
    {Py_tp_methods, struct_methods},
    {Py_tp_getset, struct_getset},
    {Py_mp_length, struct_length},
    {Py_mp_subscript, struct_subscript},
    {Py_nb_add, struct_add},
    {0, NULL},
};

static PyType_Spec struct_spec = {
    .name = "crash.StructResult",
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = struct_slots,
};

int
mpyk_struct_init(PyObject *module)
{
    return mpyk_add_type(module, &struct_spec, &PyLong_Type, &mpyk_struct_type);
}
