/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sources of types, and which of them are in use. */
#ifndef MPYK_TYPES_SOURCE_CHOICE_H
#define MPYK_TYPES_SOURCE_CHOICE_H

#include "base/type_source.h"

/*
 * The sources in use, in the order in which they are asked for the name of a type; the last is
 * NULL. Symbols and expressions always come from gdb.
 */
extern const struct mpyk_type_source *const *mpyk_type_sources;
extern const struct mpyk_type_source mpyk_gdb_source;

/* Choose "auto", "btf", "file" or "gdb".  Returns the choice before; NULL for any other name. */
const char *mpyk_source_choose(const char *name);
const char *mpyk_source_chosen(void);
int mpyk_source_is_used(const struct mpyk_type_source *source);

/* Tell all sources, also those not in use, that names may have come or gone. */
void mpyk_sources_look_again(void);

#endif /* MPYK_TYPES_SOURCE_CHOICE_H */
