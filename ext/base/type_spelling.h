/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of base types.  This unit knows neither Python nor crash nor gdb. */
#ifndef MPYK_TYPES_SPELLING_H
#define MPYK_TYPES_SPELLING_H

#include <stddef.h>

/* The usual spelling of a base type's name.  The result is in `out`, or it is `name` itself. */
const char *mpyk_base_name(const char *name, char *out, size_t size);

#endif /* MPYK_TYPES_SPELLING_H */
