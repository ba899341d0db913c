/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The classes of all values together. */
#include "values/values.h"

int
mpyk_values_init(PyObject *module)
{
    static int (*const parts[])(PyObject *) = {
        mpyk_int_init,    mpyk_member_init, mpyk_struct_init,   mpyk_ptr_init,     mpyk_enum_init,
        mpyk_string_init, mpyk_array_init,  mpyk_typeinfo_init, mpyk_varinfo_init,
    };

    for (size_t i = 0; i < Py_ARRAY_LENGTH(parts); i++) {
        if (parts[i](module) < 0) {
            return -1;
        }
    }
    return 0;
}

void
mpyk_values_clear(void)
{
    mpyk_types_release_objects();
    mpyk_struct_set_sinfo(NULL, Py_None);
    Py_CLEAR(mpyk_struct_type);
    Py_CLEAR(mpyk_ptr_type);
    Py_CLEAR(mpyk_flex_type);
    Py_CLEAR(mpyk_enum_type);
    Py_CLEAR(mpyk_string_type);
    Py_CLEAR(mpyk_array_type);
    Py_CLEAR(mpyk_member_type);
    Py_CLEAR(mpyk_typeinfo_type);
    Py_CLEAR(mpyk_varinfo_type);
    Py_CLEAR(mpyk_meta_type);
}
