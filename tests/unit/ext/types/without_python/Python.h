/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What units that only look for exceptions need of Python: a probe is a Python
 * in which none is set. */
#ifndef FAKE_PYTHON_H
#define FAKE_PYTHON_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct fake_object PyObject;

static inline PyObject *
PyErr_Occurred(void)
{
    return NULL;
}

#endif /* FAKE_PYTHON_H */
