/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SmartString: the text of a char array, or the text that a `char *` points to, up to the first
 * NUL. It is a str that also has all bytes that were read (ByteArray), the address of the array or
 * pointer (addr), and the address of the text (ptr, also int()).
 */
#include "values/values.h"

/*
 * The length of the text at a `char *` is not known: read until there is a NUL, up to this limit.
 */
#define FIRST_CHUNK 256
#define LONGEST 4096
#define PAGE 4096

PyTypeObject *mpyk_string_type;

typedef struct {
    PyUnicodeObject text;
    PyObject *bytes;
    PyObject *addr, *ptr; /* ints, or None where they are not known */
} StringObject;

/* Takes bytes, addr and ptr over; they may be NULL after an error. */
static PyObject *
make_string(PyTypeObject *cls, PyObject *bytes, PyObject *addr, PyObject *ptr)
{
    MPYK_REF *own_bytes = bytes;
    MPYK_REF *own_addr = addr;
    MPYK_REF *own_ptr = ptr;
    MPYK_REF *text = NULL;
    MPYK_REF *args = NULL;
    StringObject *self;
    size_t length;

    if (bytes == NULL || addr == NULL || ptr == NULL || mpyk_class_is_gone(cls)) {
        return NULL;
    }
    length = strnlen(PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes));
    text = PyUnicode_DecodeUTF8(PyBytes_AS_STRING(bytes), (Py_ssize_t)length, "backslashreplace");
    args = text != NULL ? PyTuple_Pack(1, text) : NULL;
    self = args != NULL ? (StringObject *)PyUnicode_Type.tp_new(cls, args, NULL) : NULL;
    if (self != NULL) {
        self->bytes = mpyk_keep(&own_bytes);
        self->addr = mpyk_keep(&own_addr);
        self->ptr = mpyk_keep(&own_ptr);
    }
    return (PyObject *)self;
}

PyObject *
mpyk_string_new(const char *data, Py_ssize_t size, uint64_t address, uint64_t pointer)
{
    return make_string(mpyk_string_type, PyBytes_FromStringAndSize(data, size),
                       PyLong_FromUnsignedLongLong(address), PyLong_FromUnsignedLongLong(pointer));
}

/*
 * Read up to a NUL: at least FIRST_CHUNK bytes within the page, because programs look behind the
 * NUL.  -1 if not even the first byte can be read.
 */
static Py_ssize_t
read_text(uint64_t pointer, char *buffer)
{
    Py_ssize_t size = 0;

    while (size < LONGEST) {
        uint64_t at = pointer + (uint64_t)size;
        Py_ssize_t chunk = (Py_ssize_t)(PAGE - at % PAGE);
        Py_ssize_t wish = size == 0 ? FIRST_CHUNK : LONGEST - size;
        chunk = chunk < wish ? chunk : wish;
        if (mpyk_readmem(at, MPYK_KVADDR, buffer + size, (long)chunk) < 0) {
            if (size == 0) {
                return -1;
            }
            PyErr_Clear();
            break;
        }
        size += chunk;
        if (memchr(buffer + size - chunk, '\0', (size_t)chunk) != NULL) {
            break;
        }
    }
    return size;
}

PyObject *
mpyk_string_read(uint64_t address, uint64_t pointer)
{
    char buffer[LONGEST];
    Py_ssize_t size;

    if (pointer == 0) {
        Py_RETURN_NONE;
    }
    size = read_text(pointer, buffer);
    return size < 0 ? NULL : mpyk_string_new(buffer, size, address, pointer);
}

int
mpyk_string_address(PyObject *value, uint64_t *address)
{
    PyObject *addr;

    if (!PyObject_TypeCheck(value, mpyk_string_type)) {
        return -1;
    }
    addr = ((StringObject *)value)->addr;
    if (!PyLong_Check(addr)) {
        return -1;
    }
    *address = PyLong_AsUnsignedLongLongMask(addr);
    return 0;
}

/* SmartString(bytes, addr=None, ptr=None), or SmartString(pointer to char). */
static PyObject *
string_new(PyTypeObject *cls, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"s", "addr", "ptr", NULL};
    PyObject *source, *addr = Py_None, *ptr = Py_None, *bytes;
    unsigned long long pointer;
    char buffer[LONGEST];
    Py_ssize_t size;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OO:SmartString", names, &source, &addr,
                                     &ptr)) {
        return NULL;
    }
    if (PyLong_Check(source)) {
        if (mpyk_as_address(source, &pointer) < 0 || (size = read_text(pointer, buffer)) < 0) {
            return NULL;
        }
        return make_string(cls, PyBytes_FromStringAndSize(buffer, size), Py_NewRef(addr),
                           PyLong_FromUnsignedLongLong(pointer));
    }
    bytes = PyUnicode_Check(source) ? PyUnicode_AsUTF8String(source) : PyBytes_FromObject(source);
    return bytes != NULL ? make_string(cls, bytes, Py_NewRef(addr), Py_NewRef(ptr)) : NULL;
}

/* A subscript reaches the whole buffer, also the bytes behind the NUL; there, one byte is one
 * character. */
static PyObject *
string_subscript(PyObject *self, PyObject *key)
{
    PyObject *bytes = ((StringObject *)self)->bytes;
    MPYK_REF *text = NULL;

    if (PyUnicode_GET_LENGTH(self) == PyBytes_GET_SIZE(bytes)) {
        return PyUnicode_Type.tp_as_mapping->mp_subscript(self, key);
    }
    text = PyUnicode_DecodeLatin1(PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes), NULL);
    return text != NULL ? PyObject_GetItem(text, key) : NULL;
}

static PyObject *
string_int(PyObject *self)
{
    PyObject *ptr = ((StringObject *)self)->ptr;

    if (!PyLong_Check(ptr)) {
        return mpyk_fail(MPYK_FAIL_TYPE, "The address of this SmartString is not known.");
    }
    return PyNumber_Long(ptr);
}

static PyObject *
string_bytes(PyObject *self, void *Py_UNUSED(closure))
{
    return Py_NewRef(((StringObject *)self)->bytes);
}

static PyObject *
string_addr(PyObject *self, void *Py_UNUSED(closure))
{
    return Py_NewRef(((StringObject *)self)->addr);
}

static PyObject *
string_ptr(PyObject *self, void *Py_UNUSED(closure))
{
    return Py_NewRef(((StringObject *)self)->ptr);
}

static PyObject *
string_reduce(PyObject *self, PyObject *Py_UNUSED(args))
{
    const StringObject *string = (const StringObject *)self;

    return Py_BuildValue("O(OOO)", Py_TYPE(self), string->bytes, string->addr, string->ptr);
}

static void
string_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    StringObject *string = (StringObject *)self;

    Py_CLEAR(string->bytes);
    Py_CLEAR(string->addr);
    Py_CLEAR(string->ptr);
    PyUnicode_Type.tp_dealloc(self);
    Py_DECREF(type);
}

static PyMethodDef string_methods[] = {
    {"__reduce__", string_reduce, METH_NOARGS, NULL},
    {"__reduce_ex__", string_reduce, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef string_getset[] = {
    {"ByteArray", string_bytes, NULL, "All bytes that were read.", NULL},
    {"addr", string_addr, NULL, "Address of the char array, or of the pointer to the text.", NULL},
    {"ptr", string_ptr, NULL, "Address of the text.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

PyDoc_STRVAR(string_doc,
             "SmartString(bytes_or_pointer, addr=None, ptr=None): C text.\n\n"
             "The text up to the first NUL; subscripts reach all of ByteArray; int() is ptr.");

static PyType_Slot string_slots[] = {
    {Py_tp_doc, (void *)string_doc}, {Py_tp_new, string_new},
    {Py_tp_dealloc, string_dealloc}, {Py_tp_methods, string_methods},
    {Py_tp_getset, string_getset},   {Py_mp_subscript, string_subscript},
    {Py_nb_int, string_int},         {0, NULL},
};

static PyType_Spec string_spec = {
    .name = "crash.SmartString",
    .basicsize = sizeof(StringObject),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = string_slots,
};

int
mpyk_string_init(PyObject *module)
{
    return mpyk_add_type(module, &string_spec, &PyUnicode_Type, &mpyk_string_type);
}
