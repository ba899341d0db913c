/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions that read typed memory: readSU, readSymbol, container_of... */
#include "base/pycompat.h"

#include "base/arguments.h"
#include "base/cleanup.h"
#include "base/failure.h"
#include "gdb_enums_generated.h"
#include "module/module.h"
#include "types/types.h"
#include "values/values.h"

static PyObject *
read_su(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    unsigned long long address;
    PyTypeObject *cls;
    const char *name;
    MpykType *type;

    if (count != 2) {
        return mpyk_fail(MPYK_FAIL_TYPE, "readSU(type, addr) takes two arguments, not %zd.", count);
    }
    name = mpyk_as_text(args[0]);
    if (name == NULL || mpyk_as_address(args[1], &address) < 0) {
        return NULL;
    }
    type = mpyk_type_need(name);
    cls = type != NULL ? mpyk_struct_class(type) : NULL;
    return cls != NULL ? mpyk_int_new(cls, address) : NULL;
}

/* A symbol with a type, or NULL with TypeError set. */
static const MpykSymbol *
need_symbol(PyObject *name)
{
    const char *text = mpyk_as_text(name);
    const MpykSymbol *symbol = text != NULL ? mpyk_symbol_find(text) : NULL;

    if (symbol == NULL && !PyErr_Occurred()) {
        mpyk_fail(MPYK_FAIL_TYPE, "There is no symbol \"%U\" with a known type.", name);
    }
    return symbol;
}

/* Whether this is `extern const char x[];` without a known definition.  Then it is read as text. */
static int
is_text_of_unknown_length(const MpykType *type)
{
    return type->kind == MPYK_KIND_ARRAY && type->elements == 0 && type->target->real->is_char;
}

static PyObject *
read_symbol(PyObject *Py_UNUSED(module), PyObject *name)
{
    const MpykSymbol *symbol = need_symbol(name);

    if (symbol == NULL) {
        return NULL;
    }
    if (symbol->kind == MPYK_SYMBOL_ENUMERATOR) {
        return mpyk_enumerator_object(symbol->type, symbol->value);
    }
    if (symbol->address == 0) {
        return mpyk_fail(MPYK_FAIL_TYPE, "The address of \"%U\" is not known.", name);
    }
    if (is_text_of_unknown_length(symbol->type->real)) {
        return mpyk_string_read(symbol->address, symbol->address);
    }
    return mpyk_value_read(symbol->type, symbol->address);
}

static PyObject *
whatis(PyObject *Py_UNUSED(module), PyObject *name)
{
    const MpykSymbol *symbol = need_symbol(name);
    MpykMember place = {0};

    if (symbol == NULL) {
        return NULL;
    }
    place.name = symbol->name;
    place.type = symbol->type;
    return mpyk_varinfo_new(&place, symbol->kind != MPYK_SYMBOL_ENUMERATOR, symbol->address);
}

/* container_of(ptr, type, member): the struct that has the member at the address `ptr`. */
static PyObject *
container_of(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    const char *name, *path;
    unsigned long long address;
    PyTypeObject *cls;
    MpykMember member;
    MpykType *type;

    if (count != 3) {
        return mpyk_fail(MPYK_FAIL_TYPE,
                         "container_of(ptr, type, member) takes three arguments, not %zd.", count);
    }
    name = mpyk_as_text(args[1]);
    path = name != NULL ? mpyk_as_text(args[2]) : NULL;
    if (path == NULL || mpyk_as_address(args[0], &address) < 0) {
        return NULL;
    }
    type = mpyk_type_need(name);
    cls = type != NULL ? mpyk_struct_class(type) : NULL;
    if (cls == NULL) {
        return NULL;
    }
    if (mpyk_type_path(type, path, &member) < 0) {
        return PyErr_Occurred()
                   ? NULL
                   : mpyk_fail(MPYK_FAIL_NO_MEMBER, "<%s> has no member \"%s\"", name, path);
    }
    return mpyk_int_new(cls, address - member.offset);
}

static PyObject *
address_of_member(PyObject *object, PyObject *field)
{
    MpykType *type = mpyk_value_ctype(object);
    const char *path = mpyk_as_text(field);
    MpykMember member;

    if (path == NULL) {
        return NULL;
    }
    if (mpyk_type_path(type, path, &member) < 0) {
        return PyErr_Occurred() ? NULL
                                : mpyk_fail(MPYK_FAIL_NO_MEMBER, "<%s> has no member \"%s\"",
                                            mpyk_struct_symbol(object), path);
    }
    return PyLong_FromUnsignedLongLong(mpyk_int_value(object) + member.offset);
}

static PyObject *
addr(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *object, *field = Py_None;
    uint64_t address;

    if (!PyArg_ParseTuple(args, "O|O:Addr", &object, &field)) {
        return NULL;
    }
    if (PyObject_TypeCheck(object, mpyk_struct_type)) {
        if (field != Py_None && mpyk_value_ctype(object) != NULL) {
            return address_of_member(object, field);
        }
        return PyLong_FromUnsignedLongLong(mpyk_int_value(object));
    }
    if (PyObject_TypeCheck(object, mpyk_flex_type)) {
        return PyLong_FromUnsignedLongLong(mpyk_int_value(object));
    }
    if (PyObject_TypeCheck(object, mpyk_array_type)) {
        return PyLong_FromUnsignedLongLong(mpyk_array_address(object));
    }
    if (mpyk_string_address(object, &address) == 0) {
        return PyLong_FromUnsignedLongLong(address);
    }
    return mpyk_fail(MPYK_FAIL_TYPE, "Addr() needs a StructResult, SmartString or array, not %s.",
                     Py_TYPE(object)->tp_name);
}

static PyObject *
deref(PyObject *Py_UNUSED(module), PyObject *object)
{
    if (PyObject_TypeCheck(object, mpyk_struct_type)) {
        return Py_NewRef(object);
    }
    if (PyObject_TypeCheck(object, mpyk_ptr_type) || PyObject_TypeCheck(object, mpyk_flex_type)) {
        return PyObject_GetAttrString(object, "Deref");
    }
    return mpyk_fail(MPYK_FAIL_TYPE, "Deref() needs a tPtr or a StructResult, not %s.",
                     Py_TYPE(object)->tp_name);
}

/* read_value("unsigned long", addr): any type at any address. */
static PyObject *
read_value(PyObject *Py_UNUSED(module), PyObject *args)
{
    unsigned long long address;
    PyObject *where;
    const char *name;
    MpykType *type;

    if (!PyArg_ParseTuple(args, "sO:read_value", &name, &where) ||
        mpyk_as_address(where, &address) < 0) {
        return NULL;
    }
    type = mpyk_type_need(name);
    return type != NULL ? mpyk_value_read(type, address) : NULL;
}

/* struct_class("struct page"): the class of its values, to which programs may add properties. */
static PyObject *
struct_class(PyObject *Py_UNUSED(module), PyObject *name)
{
    const char *text = mpyk_as_text(name);
    MpykType *type = text != NULL ? mpyk_type_need(text) : NULL;
    PyTypeObject *cls = type != NULL ? mpyk_struct_class(type) : NULL;

    return cls != NULL ? Py_NewRef((PyObject *)cls) : NULL;
}

/* Convert (name, type, bit offset, bit size) to *field.  The name still belongs to the tuple. */
static int
parse_field(PyObject *row, MpykMember *field)
{
    unsigned long long bit_offset;
    PyObject *type;

    memset(field, 0, sizeof(*field));
    if (!PyArg_ParseTuple(row, "sOKI:_make_struct", &field->name, &type, &bit_offset,
                          &field->bit_size)) {
        return -1;
    }
    field->type = mpyk_typeinfo_ctype(type);
    if (field->type == NULL || mpyk_type_complete(field->type) < 0) {
        return -1;
    }
    field->offset = bit_offset / 8;
    field->bit_offset = (uint32_t)(bit_offset % 8);
    return 0;
}

static PyObject *
make_struct(PyObject *Py_UNUSED(module), PyObject *args)
{
    MPYK_PYMEM MpykMember *fields = NULL;
    unsigned long long size;
    PyObject *rows;
    const char *tag;
    Py_ssize_t count;

    if (!PyArg_ParseTuple(args, "sKO!:_make_struct", &tag, &size, &PyList_Type, &rows)) {
        return NULL;
    }
    count = PyList_GET_SIZE(rows);
    fields = PyMem_Calloc((size_t)count + 1, sizeof(*fields));
    if (fields == NULL) {
        return PyErr_NoMemory();
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *row = PyList_GET_ITEM(rows, i);

        if (!PyTuple_Check(row)) {
            return mpyk_fail(MPYK_FAIL_TYPE, "_make_struct() needs a list of tuples.");
        }
        if (parse_field(row, &fields[i]) < 0) {
            return NULL;
        }
    }
    return mpyk_type_make(tag, size, fields, (int)count) != NULL ? Py_NewRef(Py_None) : NULL;
}

static PyMethodDef value_functions[] = {
    {"readSU", MPYK_METHOD(read_su), METH_FASTCALL,
     "readSU(type, addr) -> StructResult\n\nThe struct, union or typedef `type` at addr."},
    {"readSymbol", read_symbol, METH_O,
     "readSymbol(name)\n\nThe value of a kernel variable; TypeError if it is unknown."},
    {"whatis", whatis, METH_O,
     "whatis(name) -> VarInfo\n\nType and address of a kernel variable or function."},
    {"container_of", MPYK_METHOD(container_of), METH_FASTCALL,
     "container_of(ptr, type, member) -> StructResult"},
    {"Addr", addr, METH_VARARGS,
     "Addr(object, field=None) -> int\n\nAddress of an object or of its member."},
    {"Deref", deref, METH_O,
     "Deref(pointer)\n\nWhat a tPtr points to; a StructResult is returned as it is."},
    {"read_value", read_value, METH_VARARGS,
     "read_value(type, addr)\n\nThe value of any type at an address."},
    {"struct_class", struct_class, METH_O, "struct_class(type) -> class of the struct's values"},
    {"_make_struct", make_struct, METH_VARARGS,
     "_make_struct(tag, size, [(name, type, bit offset, bit size)]): a struct of a program."},
    {"_set_sinfo_factory", mpyk_struct_set_sinfo, METH_O,
     "What PYT_sinfo calls with the struct's name."},
    {NULL, NULL, 0, NULL},
};

int
mpyk_value_functions_init(PyObject *module)
{
    return PyModule_AddFunctions(module, value_functions);
}
