/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The first header of every unit that uses Python: it brings Python.h, which must come before
 * crash's defs.h.
 */
#ifndef MPYK_BASE_MPYKDUMP_H
#define MPYK_BASE_MPYKDUMP_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef MPYK_VERSION
#define MPYK_VERSION "0.0.0"
#endif
#ifndef MPYK_SOURCE_ID
#define MPYK_SOURCE_ID "unknown"
#endif

#endif /* MPYK_BASE_MPYKDUMP_H */
