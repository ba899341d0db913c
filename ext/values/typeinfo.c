/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Types as C text, and TypeInfo: what a program can ask about a type. */
#include "gdb_enums_generated.h"
#include "values/values.h"

PyTypeObject *mpyk_typeinfo_type;

typedef struct {
    PyObject_HEAD MpykType *type;
} TypeInfoObject;

static PyObject *declare(MpykType *type, PyObject *inner);

/* "(int, struct file *)" for the parameters of a function. */
static PyObject *
parameters_text(MpykType *function)
{
    MPYK_REF *list = PyList_New(0);
    MPYK_REF *comma = PyUnicode_FromString(", ");
    MPYK_REF *text = NULL;

    if (list == NULL || comma == NULL || mpyk_type_load(function) < 0) {
        return NULL;
    }
    for (int i = 0; function->fields != NULL && i < function->nfields; i++) {
        if (mpyk_append(list, mpyk_type_string(function->fields[i].type)) < 0) {
            return NULL;
        }
    }
    if (PyList_GET_SIZE(list) == 0) {
        return PyUnicode_FromString("(void)");
    }
    text = PyUnicode_Join(comma, list);
    return text != NULL ? PyUnicode_FromFormat("(%U)", text) : NULL;
}

static const char *
tag_word(const MpykType *type)
{
    switch (type->code) {
    case MPYK_TYPE_CODE_STRUCT:
        return "struct ";
    case MPYK_TYPE_CODE_UNION:
        return "union ";
    case MPYK_TYPE_CODE_ENUM:
        return "enum ";
    default:
        return "";
    }
}

/* The end of a declaration: "struct page" or "pid_t"; "struct {...}" for a type without a name. */
static PyObject *
declare_named(const MpykType *type, PyObject *inner)
{
    const char *word = type->anonymous && type->name[0] != '\0' ? "" : tag_word(type);
    const char *name = type->name[0] != '\0' ? type->name : "{...}";
    const char *space = PyUnicode_GET_LENGTH(inner) != 0 ? " " : "";

    return PyUnicode_FromFormat("%s%s%s%U", word, name, space, inner);
}

/* Declare `inner` (the declarator so far, which this function takes over) as `type`. */
static PyObject *
declare(MpykType *type, PyObject *inner)
{
    MPYK_REF *owned = inner;
    MPYK_REF *parameters = NULL;
    PyObject *outer = NULL;

    if (owned == NULL) {
        return NULL;
    }
    switch (type->code) {
    case MPYK_TYPE_CODE_PTR:
        if (type->target->code == MPYK_TYPE_CODE_FUNC ||
            type->target->code == MPYK_TYPE_CODE_ARRAY) {
            outer = PyUnicode_FromFormat("(*%U)", owned);
        } else {
            outer = PyUnicode_FromFormat("*%U", owned);
        }
        break;
    case MPYK_TYPE_CODE_ARRAY:
        outer = PyUnicode_FromFormat(type->elements ? "%U[%llu]" : "%U[]", owned,
                                     (unsigned long long)type->elements);
        break;
    case MPYK_TYPE_CODE_FUNC:
        parameters = parameters_text(type);
        outer = parameters != NULL ? PyUnicode_FromFormat("%U%U", owned, parameters) : NULL;
        break;
    default:
        return declare_named(type, owned);
    }
    return declare(type->target, outer);
}

PyObject *
mpyk_type_string(MpykType *type)
{
    return declare(type, PyUnicode_FromString(""));
}

PyObject *
mpyk_typeinfo_new(MpykType *type)
{
    TypeInfoObject *self = mpyk_class_is_gone(mpyk_typeinfo_type)
                               ? NULL
                               : PyObject_New(TypeInfoObject, mpyk_typeinfo_type);

    if (self != NULL) {
        self->type = type;
    }
    return (PyObject *)self;
}

MpykType *
mpyk_typeinfo_ctype(PyObject *info)
{
    if (PyObject_TypeCheck(info, mpyk_typeinfo_type)) {
        return ((TypeInfoObject *)info)->type;
    }
    if (PyUnicode_Check(info)) {
        const char *name = PyUnicode_AsUTF8(info);
        return name != NULL ? mpyk_type_need(name) : NULL;
    }
    return mpyk_fail(MPYK_FAIL_TYPE, "A TypeInfo or the name of a type is needed, not %s.",
                     Py_TYPE(info)->tp_name);
}

/* The parts of "base *...[a][b]", as programs of the classic API see them. */
struct parts {
    MpykType *element; /* without dimensions, but with typedefs */
    MpykType *base;    /* without dimensions, stars and typedefs */
    long stars;
    uint64_t elements;
};

static struct parts
take_apart(PyObject *info)
{
    struct parts parts = {((TypeInfoObject *)info)->type, NULL, 0, 1};

    while (parts.element->real->code == MPYK_TYPE_CODE_ARRAY) {
        parts.elements *= parts.element->real->elements;
        parts.element = parts.element->real->target;
    }
    for (parts.base = parts.element->real; parts.base->code == MPYK_TYPE_CODE_PTR;) {
        parts.base = parts.base->target->real;
        parts.stars++;
    }
    return parts;
}

static PyObject *
get_stype(PyObject *self, void *Py_UNUSED(closure))
{
    return mpyk_type_string(take_apart(self).base);
}

static PyObject *
get_size(PyObject *self, void *Py_UNUSED(closure))
{
    MpykType *element = take_apart(self).element;

    if (mpyk_type_complete(element) < 0) {
        return NULL;
    }
    return PyLong_FromUnsignedLongLong(element->real->size);
}

static PyObject *
get_dims(PyObject *self, void *Py_UNUSED(closure))
{
    MpykType *type = ((TypeInfoObject *)self)->type->real;
    MPYK_REF *dims = NULL;

    if (type->code != MPYK_TYPE_CODE_ARRAY) {
        Py_RETURN_NONE;
    }
    dims = PyList_New(0);
    for (; dims != NULL && type->code == MPYK_TYPE_CODE_ARRAY; type = type->target->real) {
        if (mpyk_append(dims, PyLong_FromUnsignedLongLong(type->elements)) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&dims);
}

static PyObject *
get_elements(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromUnsignedLongLong(take_apart(self).elements);
}

static PyObject *
get_ptrlev(PyObject *self, void *Py_UNUSED(closure))
{
    long stars = take_apart(self).stars;

    if (stars == 0) {
        Py_RETURN_NONE;
    }
    return PyLong_FromLong(stars);
}

static PyObject *
get_typedef(PyObject *self, void *Py_UNUSED(closure))
{
    const MpykType *element = take_apart(self).element;

    if (element->code != MPYK_TYPE_CODE_TYPEDEF) {
        Py_RETURN_NONE;
    }
    return PyUnicode_FromString(element->name);
}

static PyObject *
get_codetype(PyObject *self, void *Py_UNUSED(closure))
{
    return PyLong_FromLong(take_apart(self).element->real->code);
}

static PyObject *
get_ptrbasetype(PyObject *self, void *Py_UNUSED(closure))
{
    struct parts parts = take_apart(self);

    if (parts.stars == 0) {
        Py_RETURN_NONE;
    }
    return PyLong_FromLong(parts.base->code);
}

static PyObject *
get_uint(PyObject *self, void *Py_UNUSED(closure))
{
    const MpykType *base = take_apart(self).base;

    switch (base->kind) {
    case MPYK_KIND_INT:
    case MPYK_KIND_BOOL:
    case MPYK_KIND_ENUM:
        return PyBool_FromLong(base->is_unsigned);
    default:
        Py_RETURN_NONE;
    }
}

/* [result type, parameter types...] of a function or of a pointer to one, as TypeInfo. */
static PyObject *
get_prototype(PyObject *self, void *Py_UNUSED(closure))
{
    MpykType *function = take_apart(self).base;
    MPYK_REF *list = NULL;

    if (function->kind != MPYK_KIND_FUNC) {
        Py_RETURN_NONE;
    }
    list = PyList_New(0);
    if (list == NULL || mpyk_type_load(function) < 0 ||
        mpyk_append(list, mpyk_typeinfo_new(function->target)) < 0) {
        return NULL;
    }
    for (int i = 0; function->fields != NULL && i < function->nfields; i++) {
        if (mpyk_append(list, mpyk_typeinfo_new(function->fields[i].type)) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&list);
}

static PyObject *
info_fullname(PyObject *self, PyObject *Py_UNUSED(unused))
{
    return mpyk_type_string(((TypeInfoObject *)self)->type);
}

static PyObject *
info_target(PyObject *self, PyObject *Py_UNUSED(unused))
{
    struct parts parts = take_apart(self);

    if (parts.stars == 0) {
        return mpyk_fail(MPYK_FAIL_TYPE, "This type is not a pointer.");
    }
    return mpyk_typeinfo_new(parts.element->real->target);
}

static PyObject *
info_repr(PyObject *self)
{
    MPYK_REF *name = mpyk_type_string(((TypeInfoObject *)self)->type);

    return name != NULL ? PyUnicode_FromFormat("<TypeInfo %U>", name) : NULL;
}

static PyObject *
info_compare(PyObject *a, PyObject *b, int op)
{
    int same;

    if (!PyObject_TypeCheck(b, mpyk_typeinfo_type) || (op != Py_EQ && op != Py_NE)) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    same = ((TypeInfoObject *)a)->type == ((TypeInfoObject *)b)->type;
    return PyBool_FromLong(same == (op == Py_EQ));
}

static Py_hash_t
info_hash(PyObject *self)
{
    return (Py_hash_t)((uintptr_t)((TypeInfoObject *)self)->type >> 4);
}

static PyObject *
info_new(PyTypeObject *Py_UNUSED(cls), PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"typename", NULL};
    MPYK_REF *name = NULL;
    PyObject *given;
    MpykType *type;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:TypeInfo", names, &given)) {
        return NULL;
    }
    name = PyDict_Check(given) ? mpyk_name_of_typedict(given) : Py_NewRef(given);
    type = name != NULL ? mpyk_typeinfo_ctype(name) : NULL;
    return type != NULL ? mpyk_typeinfo_new(type) : NULL;
}

static void
info_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_Free(self);
    Py_DECREF(type);
}

static PyMethodDef info_methods[] = {
    {"fullname", info_fullname, METH_NOARGS, "fullname(): the type as C text."},
    {"typestr", info_fullname, METH_NOARGS, "typestr(): the type as C text."},
    {"getTargetType", info_target, METH_NOARGS,
     "getTargetType(): TypeInfo of what the pointer points to."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef info_getset[] = {
    {"stype", get_stype, NULL, "Base type without stars and dimensions.", NULL},
    {"size", get_size, NULL, "Size in bytes; of an array, that of one element.", NULL},
    {"dims", get_dims, NULL, "List of the array's dimensions, or None.", NULL},
    {"elements", get_elements, NULL, "Number of elements; 1 if it is no array.", NULL},
    {"ptrlev", get_ptrlev, NULL, "Number of stars, or None.", NULL},
    {"typedef", get_typedef, NULL, "Name of the typedef, or None.", NULL},
    {"codetype", get_codetype, NULL, "TYPE_CODE_* of an element.", NULL},
    {"ptrbasetype", get_ptrbasetype, NULL, "TYPE_CODE_* of what the pointer points to, or None.",
     NULL},
    {"uint", get_uint, NULL, "Is the base type unsigned?  None if it is no integer.", NULL},
    {"prototype", get_prototype, NULL, "[result, parameters...] of a function, or None.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(info_doc,
             "TypeInfo(typename or dict): a C type.  TypeError if there is no such type.");

static PyType_Slot info_slots[] = {
    {Py_tp_doc, (void *)info_doc},
    {Py_tp_new, info_new},
    {Py_tp_dealloc, info_dealloc},
    {Py_tp_repr, info_repr},
    {Py_tp_richcompare, info_compare},
    {Py_tp_hash, info_hash},
    {Py_tp_methods, info_methods},
    {Py_tp_getset, info_getset},
    {0, NULL},
};

static PyType_Spec info_spec = {
    .name = "crash.TypeInfo",
    .basicsize = sizeof(TypeInfoObject),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = info_slots,
};

int
mpyk_typeinfo_init(PyObject *module)
{
    return mpyk_add_type(module, &info_spec, NULL, &mpyk_typeinfo_type);
}
