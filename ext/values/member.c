/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The descriptor of a struct member.  Its place is found once; reading it takes one access to the
 * dump's memory.  It is a data descriptor, so that Python asks it before the instance's __dict__.
 * Assigning to a member is an error.
 */
#include "values/values.h"

PyTypeObject *mpyk_member_type;

typedef struct {
    PyObject_HEAD MpykMember place;
    int plain_size; /* size of an integer that is not a bit-field, for the fast way; otherwise 0 */
} MemberObject;

PyObject *
mpyk_member_new(const MpykMember *member)
{
    MemberObject *self =
        mpyk_class_is_gone(mpyk_member_type) ? NULL : PyObject_New(MemberObject, mpyk_member_type);
    const MpykType *real = member->type->real;

    if (self == NULL) {
        return NULL;
    }
    self->place = *member;
    self->plain_size = 0;
    if (real->kind == MPYK_KIND_INT && member->bit_size == 0 && real->size <= 8) {
        self->plain_size = (int)real->size;
    }
    return (PyObject *)self;
}

static PyObject *
read_plain(const MemberObject *self, uint64_t base)
{
    unsigned char data[8];
    int size = self->plain_size;
    uint64_t value;

    if (mpyk_readmem(base + self->place.offset, MPYK_KVADDR, data, size) < 0) {
        return NULL;
    }
    value = mpyk_decode_integer(data, size);
    if (self->place.type->real->is_unsigned) {
        return PyLong_FromUnsignedLongLong(value);
    }
    return PyLong_FromLongLong((int64_t)(value << (64 - 8 * size)) >> (64 - 8 * size));
}

static PyObject *
member_get(PyObject *object, PyObject *instance, PyObject *Py_UNUSED(cls))
{
    MemberObject *self = (MemberObject *)object;
    uint64_t base;

    if (instance == NULL || instance == Py_None) {
        return Py_NewRef(object);
    }
    if (!PyLong_Check(instance)) {
        return mpyk_fail(MPYK_FAIL_TYPE, "Member \"%s\" needs a struct.", self->place.name);
    }
    base = mpyk_int_value(instance);
    if (self->plain_size != 0 && base != 0) {
        return read_plain(self, base);
    }
    if (self->place.shape_of != NULL && mpyk_member_shape(&self->place) < 0) {
        return NULL;
    }
    return mpyk_value_read_member(&self->place, base);
}

static int
member_set(PyObject *object, PyObject *Py_UNUSED(instance), PyObject *Py_UNUSED(value))
{
    return MPYK_FAILED(MPYK_FAIL_TYPE, "Member \"%s\" cannot be set: the dump is read only.",
                       ((const MemberObject *)object)->place.name);
}

static PyObject *
member_repr(PyObject *object)
{
    MpykMember *place = &((MemberObject *)object)->place;
    MPYK_REF *type = mpyk_member_shape(place) < 0 ? NULL : mpyk_type_string(place->type);

    if (type == NULL) {
        return NULL;
    }
    return PyUnicode_FromFormat("<member %s: %U at offset %llu>", place->name, type,
                                (unsigned long long)place->offset);
}

static void
member_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    PyObject_Free(self);
    Py_DECREF(type);
}

PyDoc_STRVAR(member_doc, "Reads one member of a C struct.");

static PyType_Slot member_slots[] = {
    {Py_tp_doc, (void *)member_doc}, {Py_tp_dealloc, member_dealloc}, {Py_tp_descr_get, member_get},
    {Py_tp_descr_set, member_set},   {Py_tp_repr, member_repr},       {0, NULL},
};

/* Only C code makes descriptors: type.__new__ would make one that describes nothing. */
static PyType_Spec member_spec = {
    .name = "crash.Member",
    .basicsize = sizeof(MemberObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = member_slots,
};

int
mpyk_member_init(PyObject *module)
{
    return mpyk_add_type(module, &member_spec, NULL, &mpyk_member_type);
}
