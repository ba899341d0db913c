/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions that describe types. */
#include "base/arguments.h"
#include "base/cleanup.h"
#include "base/failure.h"
#include "gdb_enums_generated.h"
#include "module/module.h"
#include "types/btf_source.h"
#include "types/source_choice.h"
#include "types/types.h"
#include "values/values.h"

/* The classic API returns -1 for an unknown type; it is not an error. */
static PyObject *
size_or_minus_one(MpykType *type)
{
    if (type != NULL && mpyk_type_complete(type) < 0) {
        return NULL;
    }
    if (type == NULL || type->real->incomplete) {
        return PyErr_Occurred() ? NULL : PyLong_FromLong(-1);
    }
    return PyLong_FromUnsignedLongLong(type->real->size);
}

static PyObject *
type_length(PyObject *Py_UNUSED(module), PyObject *name)
{
    const char *text = mpyk_as_text(name);

    return text != NULL ? size_or_minus_one(mpyk_type_find(text)) : NULL;
}

/* The member that the two arguments (type, path) name.  1 found, 0 not found, -1 error. */
static int
find_member(PyObject *const *args, Py_ssize_t count, MpykMember *member)
{
    const char *name, *path;
    MpykType *type;

    if (count != 2) {
        return MPYK_FAILED(MPYK_FAIL_TYPE, "A type and a member are needed, not %zd arguments.",
                           count);
    }
    name = mpyk_as_text(args[0]);
    path = name != NULL ? mpyk_as_text(args[1]) : NULL;
    if (path == NULL) {
        return -1;
    }
    type = mpyk_type_find(name);
    if (type != NULL && mpyk_type_path(type, path, member) == 0) {
        return 1;
    }
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *
member_offset(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    MpykMember member;
    int found = find_member(args, count, &member);

    if (found < 0) {
        return NULL;
    }
    return found ? PyLong_FromUnsignedLongLong(member.offset) : PyLong_FromLong(-1);
}

static PyObject *
member_size(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    MpykMember member;
    int found = find_member(args, count, &member);

    if (found < 0) {
        return NULL;
    }
    return size_or_minus_one(found ? member.type : NULL);
}

static PyObject *
enumerator_value(PyObject *Py_UNUSED(module), PyObject *name)
{
    const char *text = mpyk_as_text(name);
    const MpykSymbol *symbol = text != NULL ? mpyk_symbol_find(text) : NULL;

    if (PyErr_Occurred()) {
        return NULL;
    }
    if (symbol == NULL || symbol->kind != MPYK_SYMBOL_ENUMERATOR) {
        Py_RETURN_NONE;
    }
    return mpyk_enumerator_object(symbol->type, symbol->value);
}

/*
 * sizeof("char [16]"), sizeof(value).  Unlike type_length(), it raises TypeError for an unknown
 * name.
 */
static PyObject *
sizeof_any(PyObject *Py_UNUSED(module), PyObject *object)
{
    MpykType *type;

    if (PyUnicode_CheckExact(object)) {
        const char *name = mpyk_as_text(object);
        type = name != NULL ? mpyk_type_need(name) : NULL;
    } else if (PyObject_TypeCheck(object, mpyk_typeinfo_type)) {
        type = mpyk_typeinfo_ctype(object);
    } else {
        type = PyType_Check(object) ? mpyk_class_ctype((PyTypeObject *)object)
                                    : mpyk_value_ctype(object);
        if (type == NULL) {
            mpyk_fail(MPYK_FAIL_TYPE, "sizeof() needs a type, not %s.", Py_TYPE(object)->tp_name);
        }
    }
    return type != NULL ? size_or_minus_one(type) : NULL;
}

/* Find an enum by its name, or by one of its enumerators (an anonymous enum has no name). */
static MpykType *
find_enum(const char *name)
{
    MpykType *type = mpyk_type_find(name);
    const MpykSymbol *symbol;

    if (type == NULL && !PyErr_Occurred()) {
        symbol = mpyk_symbol_find(name);
        type = symbol != NULL && symbol->kind == MPYK_SYMBOL_ENUMERATOR ? symbol->type : NULL;
    }
    if (type != NULL && (mpyk_type_load(type) < 0 || type->real->kind != MPYK_KIND_ENUM)) {
        type = NULL;
    }
    if (type == NULL && !PyErr_Occurred()) {
        mpyk_fail(MPYK_FAIL_TYPE, "There is no enum \"%s\" in the debug information.", name);
    }
    return PyErr_Occurred() ? NULL : type->real;
}

static PyObject *
enum_values(PyObject *Py_UNUSED(module), PyObject *name)
{
    const char *text = mpyk_as_text(name);
    MpykType *type = text != NULL ? find_enum(text) : NULL;

    return type != NULL ? mpyk_enum_values(type) : NULL;
}

static PyObject *
member_tuple(MpykMember *member)
{
    MPYK_REF *type = mpyk_member_shape(member) < 0 ? NULL : mpyk_type_string(member->type);

    if (type == NULL || mpyk_type_complete(member->type) < 0) {
        return NULL;
    }
    return Py_BuildValue("(sKKIKO)", member->name, (unsigned long long)member->offset,
                         (unsigned long long)(8 * member->offset + member->bit_offset),
                         (unsigned)member->bit_size, (unsigned long long)member->type->real->size,
                         type);
}

/* The struct of this name with its members loaded; NULL with an exception set. */
static MpykType *
loaded_struct(PyObject *name)
{
    const char *text = mpyk_as_text(name);
    MpykType *type = text != NULL ? mpyk_type_need(text) : NULL;

    if (type == NULL || mpyk_struct_class(type) == NULL || mpyk_type_load(type) < 0) {
        return NULL;
    }
    return type->real;
}

/* [(name, offset, bitoffset, bitsize, size, type)...], with the members of anonymous members. */
static PyObject *
struct_info(PyObject *Py_UNUSED(module), PyObject *name)
{
    MpykType *type = loaded_struct(name);
    MPYK_REF *list = type != NULL ? PyList_New(0) : NULL;

    for (int i = 0; list != NULL && i < type->nmembers; i++) {
        if (mpyk_append(list, member_tuple(&type->members[i])) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&list);
}

/* {name: VarInfo} of a struct. */
static PyObject *
struct_members(PyObject *Py_UNUSED(module), PyObject *name)
{
    MpykType *type = loaded_struct(name);
    MPYK_REF *dict = type != NULL ? PyDict_New() : NULL;

    for (int i = 0; dict != NULL && i < type->nmembers; i++) {
        const MpykMember *member = &type->members[i];

        if (mpyk_set_item(dict, member->name, mpyk_varinfo_new(member, 0, 0)) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&dict);
}

static PyObject *
expression_type(PyObject *Py_UNUSED(module), PyObject *text)
{
    const char *expression = mpyk_as_text(text);
    MpykType *type = expression != NULL ? mpyk_type_of_expression(expression) : NULL;

    return type != NULL ? mpyk_typeinfo_new(type) : NULL;
}

static PyObject *
purge_types(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    mpyk_type_sources_changed(NULL);
    Py_RETURN_NONE;
}

static PyObject *
set_type_source(PyObject *Py_UNUSED(module), PyObject *name)
{
    const char *text = mpyk_as_text(name);
    const char *old = text != NULL ? mpyk_source_choose(text) : NULL;

    if (text == NULL) {
        return NULL;
    }
    if (old == NULL) {
        return mpyk_fail(MPYK_FAIL_VALUE,
                         "\"%s\" is not a source of types: use auto, btf, file or gdb.", text);
    }
    if (strcmp(old, text) != 0) {
        mpyk_types_forget();
    }
    return PyUnicode_FromString(old);
}

/* What set_type_source() chose, and where the kernel's BTF was found. */
static PyObject *
type_source(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(unused))
{
    MPYK_REF *state = mpyk_btf_state();

    if (state == NULL ||
        mpyk_set_item(state, "choice", PyUnicode_FromString(mpyk_source_chosen())) < 0) {
        return NULL;
    }
    return mpyk_keep(&state);
}

/* The type with this number, without const and the like, as a TypeInfo.  Number 0 is void. */
static PyObject *
type_of_number(const struct mpyk_btf *btf, uint32_t id)
{
    struct mpyk_btf_type type;
    MpykType *found;

    if (mpyk_btf_strip(btf, id, &id) < 0 || mpyk_btf_type(btf, id, &type) < 0) {
        return mpyk_fail(MPYK_FAIL_TYPE, "The type of a parameter is not valid.");
    }
    found = id == 0 ? mpyk_type_find("void") : mpyk_type_intern(&mpyk_btf_source, type.record);
    return found != NULL ? mpyk_typeinfo_new(found) : NULL;
}

static PyObject *
parameters_of(const struct mpyk_btf *btf, const struct mpyk_btf_type *prototype)
{
    MPYK_REF *list = PyList_New(0);
    struct mpyk_btf_field field;

    for (uint32_t i = 0; list != NULL && i < prototype->count; i++) {
        PyObject *type, *row;
        if (mpyk_btf_field(btf, prototype, i, &field) < 0) {
            return mpyk_fail(MPYK_FAIL_TYPE, "A parameter is not valid.");
        }
        type = type_of_number(btf, field.type);
        row = type != NULL ? Py_BuildValue("sN", field.name, type) : NULL;
        if (mpyk_append(list, row) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&list);
}

static PyObject *
function_prototype(PyObject *Py_UNUSED(module), PyObject *args)
{
    const char *name, *of_module = NULL;
    struct mpyk_btf_type prototype;
    const struct mpyk_btf *btf;

    if (!PyArg_ParseTuple(args, "s|z:function_prototype", &name, &of_module)) {
        return NULL;
    }
    btf = mpyk_btf_function(name, of_module, &prototype);
    if (btf != NULL) {
        PyObject *result = type_of_number(btf, prototype.target);
        PyObject *parameters = result != NULL ? parameters_of(btf, &prototype) : NULL;
        return Py_BuildValue("NN", result, parameters);
    }
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

static PyMethodDef type_functions[] = {
    {"struct_size", type_length, METH_O,
     "struct_size(type) -> int\n\nsizeof, or -1 if it is unknown."},
    {"union_size", type_length, METH_O,
     "union_size(type) -> int\n\nsizeof, or -1 if it is unknown."},
    {"type_length", type_length, METH_O,
     "type_length(type) -> int\n\nsizeof, or -1 if it is unknown."},
    {"sizeof", sizeof_any, METH_O, "sizeof(type or value) -> int\n\nTypeError if it is unknown."},
    {"member_offset", MPYK_METHOD(member_offset), METH_FASTCALL,
     "member_offset(type, \"a.b\") -> int\n\nOffset in bytes, or -1 if there is no such member."},
    {"member_size", MPYK_METHOD(member_size), METH_FASTCALL,
     "member_size(type, \"a.b\") -> int\n\nSize in bytes, or -1 if there is no such member."},
    {"enumerator_value", enumerator_value, METH_O,
     "enumerator_value(name) -> int, or None if it is unknown"},
    {"enum_values", enum_values, METH_O,
     "enum_values(\"enum x\" or an enumerator) -> {name: value}"},
    {"struct_info", struct_info, METH_O,
     "struct_info(type) -> [(name, offset, bitoffset, bitsize, size, type)...]"},
    {"struct_members", struct_members, METH_O, "struct_members(type) -> {name: VarInfo}"},
    {"expression_type", expression_type, METH_O,
     "expression_type(text) -> TypeInfo of a C expression"},
    {"function_prototype", function_prototype, METH_VARARGS,
     "function_prototype(name[, module]) -> (TypeInfo of the result, [(name, TypeInfo)...]), or "
     "None if no BTF has the function"},
    {"purge_types", purge_types, METH_NOARGS,
     "purge_types()\n\nLook names up again (after `mod -s`)."},
    {"set_type_source", set_type_source, METH_O,
     "set_type_source(\"auto\"|\"btf\"|\"file\"|\"gdb\") -> str\n\nWhere names of types are "
     "looked up; returns where they were before."},
    {"type_source", type_source, METH_NOARGS,
     "type_source() -> dict\n\n{choice, kernel: \"memory\", \"file\" or None, file, modules, "
     "reason}: where the kernel's BTF was found, and why not elsewhere."},
    {NULL, NULL, 0, NULL},
};

static const struct {
    const char *name;
    long code;
} type_codes[] = {
    {"TYPE_CODE_PTR", MPYK_TYPE_CODE_PTR},       {"TYPE_CODE_ARRAY", MPYK_TYPE_CODE_ARRAY},
    {"TYPE_CODE_STRUCT", MPYK_TYPE_CODE_STRUCT}, {"TYPE_CODE_UNION", MPYK_TYPE_CODE_UNION},
    {"TYPE_CODE_ENUM", MPYK_TYPE_CODE_ENUM},     {"TYPE_CODE_FUNC", MPYK_TYPE_CODE_FUNC},
    {"TYPE_CODE_INT", MPYK_TYPE_CODE_INT},       {"TYPE_CODE_FLT", MPYK_TYPE_CODE_FLT},
    {"TYPE_CODE_VOID", MPYK_TYPE_CODE_VOID},     {"TYPE_CODE_BOOL", MPYK_TYPE_CODE_BOOL},
    {"TYPE_CODE_CHAR", MPYK_TYPE_CODE_CHAR},     {"TYPE_CODE_TYPEDEF", MPYK_TYPE_CODE_TYPEDEF},
};

static int
add_type_codes(PyObject *module)
{
    for (size_t i = 0; i < sizeof(type_codes) / sizeof(type_codes[0]); i++) {
        if (PyModule_AddIntConstant(module, type_codes[i].name, type_codes[i].code) < 0) {
            return -1;
        }
    }
    return 0;
}

int
mpyk_type_functions_init(PyObject *module)
{
    return add_type_codes(module) < 0 ? -1 : PyModule_AddFunctions(module, type_functions);
}
